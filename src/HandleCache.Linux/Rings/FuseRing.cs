using System.Buffers.Binary;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux.Rings;

/// <summary>
/// One entry of one queue of FUSE over io_uring (fs/fuse/dev_uring.c, Linux 6.14 and later): a
/// request comes as a completion, its reply goes with the fetch of the next, in one system call.
/// Used by the thread that makes it. Only requests come this way: FORGET and INTERRUPT are read
/// from the device, notifications are written to it.
/// </summary>
/// <remarks>
/// The kernel gives a request in three places, which <see cref="Fetch"/> lays behind each other
/// as read(2) would have: fuse_in_header, the first argument (op_in), the rest (payload).
/// <code>
/// struct fuse_uring_req_header (ABI.md)
///   0  in_out   128   fuse_in_header, then fuse_out_header
/// 128  op_in    128   first argument of the request
/// 256  ring      32   flags, commit_id (264), payload_sz (272)
/// </code>
/// </remarks>
public sealed unsafe class FuseRing : IDisposable
{
    private const int HeaderBytes = 288;
    private const int OpInOffset = 128;
    private const int CommitIdOffset = 264;
    private const int PayloadSizeOffset = 272;
    private const int InHeaderBytes = 40;
    private const int OutHeaderBytes = 16;
    private const int PageBytes = 4096;

    private const byte OpPollAdd = 6;
    private const byte OpUringCommand = 46;
    private const uint CommandRegister = 1;
    private const uint CommandCommitAndFetch = 2;
    private const uint PollIn = 1;

    private const ulong RequestTag = 1;
    private const ulong WakeTag = 2;

    private readonly ushort _queue;
    private readonly AlignedMemory _memory;
    private readonly IoRing _ring;

    /// <param name="device">Mounted, and INIT answered with FUSE_OVER_IO_URING.</param>
    /// <param name="queue">The number of the processor whose requests come this way.</param>
    /// <param name="payloadBytes">At least max_write, and max_pages pages.</param>
    /// <param name="wake">Ends <see cref="Fetch"/> once it is set.</param>
    /// <exception cref="LinuxException">io_uring is not to be had.</exception>
    public FuseRing(FuseDevice device, int queue, int payloadBytes, WakeEvent wake)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(wake);
        _queue = (ushort)queue;
        _ring = new IoRing(4);
        Errno registered = _ring.Register(device.Descriptor);
        if (registered != Errno.None)
        {
            _ring.Dispose();
            throw new LinuxException(registered, "io_uring_register");
        }

        _memory = new AlignedMemory(PageBytes + payloadBytes);
        _memory.Bytes[..PageBytes].Clear();
        IoVec* vectors = (IoVec*)(_memory.Address + (PageBytes / 2));
        vectors[0] = new IoVec { Base = _memory.Address, LengthBytes = HeaderBytes };
        vectors[1] = new IoVec
        {
            Base = _memory.Address + PageBytes,
            LengthBytes = (nuint)payloadBytes,
        };
        _ring.TryPush(new SubmissionEntry
        {
            Opcode = OpPollAdd,
            Fd = wake.Descriptor.Number,
            OperationFlags = PollIn,
            UserData = WakeTag,
        });
        SubmissionEntry register = Command(CommandRegister);
        register.Address = (ulong)vectors;
        register.Length = 2;
        _ring.TryPush(register);
    }

    private Span<byte> Head => _memory.Bytes[..HeaderBytes];

    private Span<byte> Payload => _memory.Bytes[PageBytes..];

    /// <summary>
    /// Sends the reply that was <see cref="Commit"/>ted, if one was, and waits for a request.
    /// Its length in bytes; 0 when the file system is unmounted or the wait was ended.
    /// EOPNOTSUPP: the kernel has FUSE over io_uring switched off. EINVAL: longer than the
    /// buffer.
    /// </summary>
    public SysResult Fetch(Span<byte> buffer)
    {
        while (true)
        {
            while (_ring.TryTake(out CompletionEntry completion))
            {
                if (completion.UserData == WakeTag)
                    return SysResult.Success(0);
                Errno errno = (Errno)(-completion.Result);
                return errno switch
                {
                    Errno.None => Assemble(buffer),
                    Errno.ENOTCONN or Errno.ECONNABORTED or Errno.ECANCELED or Errno.ENODEV =>
                        SysResult.Success(0),
                    _ => SysResult.Failure(errno),
                };
            }

            Errno entered = _ring.SubmitAndWait();
            if (entered is not (Errno.None or Errno.EINTR))
                return SysResult.Failure(entered);
        }
    }

    /// <summary>
    /// Lays a whole reply ready for the next <see cref="Fetch"/>. EINVAL: it is no reply, or
    /// longer than the kernel has room for.
    /// </summary>
    public Errno Commit(ReadOnlySpan<byte> message)
    {
        int bodyBytes = message.Length - OutHeaderBytes;
        if (bodyBytes < 0 || bodyBytes > Payload.Length)
            return Errno.EINVAL;
        message[..OutHeaderBytes].CopyTo(Head);
        message[OutHeaderBytes..].CopyTo(Payload);
        BinaryPrimitives.WriteUInt32LittleEndian(Head[PayloadSizeOffset..], (uint)bodyBytes);
        SubmissionEntry commit = Command(CommandCommitAndFetch);
        commit.CommitId = BinaryPrimitives.ReadUInt64LittleEndian(Head[CommitIdOffset..]);
        return _ring.TryPush(commit) ? Errno.None : Errno.EBUSY;
    }

    public void Dispose()
    {
        // The kernel writes to the memory only while this thread is in Fetch.
        _ring.Dispose();
        _memory.Dispose();
    }

    private SubmissionEntry Command(uint command) => new()
    {
        Opcode = OpUringCommand,
        Flags = SubmissionEntry.FixedFile,
        CommandOrOffset = command,
        UserData = RequestTag,
        QueueId = _queue,
    };

    /// <summary>
    /// The length of the first argument is what is left of the whole (fuse_in_header.len).
    /// </summary>
    private SysResult Assemble(Span<byte> buffer)
    {
        int wholeBytes = (int)BinaryPrimitives.ReadUInt32LittleEndian(Head);
        int payloadBytes = (int)BinaryPrimitives.ReadUInt32LittleEndian(Head[PayloadSizeOffset..]);
        int firstBytes = wholeBytes - InHeaderBytes - payloadBytes;
        if (firstBytes is < 0 or > OpInOffset || payloadBytes > Payload.Length
            || wholeBytes > buffer.Length)
            return SysResult.Failure(Errno.EINVAL);
        Head[..InHeaderBytes].CopyTo(buffer);
        Head.Slice(OpInOffset, firstBytes).CopyTo(buffer[InHeaderBytes..]);
        Payload[..payloadBytes].CopyTo(buffer[(InHeaderBytes + firstBytes)..]);
        return SysResult.Success(wholeBytes);
    }
}
