using System.Runtime.InteropServices;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// The modelled /dev/fuse: requests and forgets out, replies and notifications in (models
/// fuse_dev_do_read() and fuse_dev_do_write(), fs/fuse/dev.c, v6.18). The order of what a read
/// gives is R3's. Requests are written and entries read as the agreed dialect has them; a request
/// whose form the server refuses is sent again in the form that is left.
/// </summary>
internal sealed class Device(ForgetQueue forgets, KernelFaults faults, Current current)
{
    private const ulong UniqueStep = 2;

    private readonly LinkedList<KernelRequest> _pending = new();
    private readonly Dictionary<ulong, KernelRequest> _sent = [];
    private readonly InterruptQueue _interrupts = new(faults);
    private readonly ForgetReads _forgetReads = new(forgets);
    private byte[] _written = new byte[1024];
    private ulong _lastUnique;
    private long _age;

    /// <summary>
    /// The same connection for another kernel: nobody waits for a reply, so that what is pending
    /// is never changed.
    /// </summary>
    /// <param name="itsForgets">The forgets of that kernel.</param>
    /// <param name="itsCurrent">Who calls there.</param>
    /// <exception cref="InvalidOperationException">Somebody waits.</exception>
    public Device CopyFor(ForgetQueue itsForgets, Current itsCurrent)
    {
        if (_sent.Count > 0 || _pending.Any(request => request.Answer is not null))
            throw new InvalidOperationException("a request is under way");
        Device copy = new(itsForgets, faults, itsCurrent)
        {
            Handles = Handles,
            Minor = Minor,
            IsConnected = IsConnected,
            RefusedEntries = RefusedEntries,
            _lastUnique = _lastUnique,
            _age = _age,
        };
        copy._interrupts.CopyFrom(_interrupts);
        foreach (KernelRequest request in _pending)
            copy._pending.AddLast(request);
        return copy;
    }

    /// <summary>How entries are read; classic until INIT agreed on something else.</summary>
    public HandleAgreement Handles { get; set; } = HandleAgreement.Classic;

    public uint Minor { get; set; } = FuseConstants.FUSE_KERNEL_MINOR_VERSION;

    public bool IsConnected { get; private set; } = true;

    /// <summary>Requests that wait to be read, forgets not counted.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>Requests read and not answered.</summary>
    public int SentCount => _sent.Count;

    /// <summary>Whether the next read gives an INTERRUPT.</summary>
    public bool HasInterrupt => IsConnected && _interrupts.Count > 0;

    /// <summary>Whether a read would give something.</summary>
    public bool HasMessage =>
        _interrupts.Count > 0 || _pending.Count > 0 || forgets.Count > 0;

    /// <summary>Requests made since the mount, forgets not counted.</summary>
    public long RequestCount => _age;

    /// <summary>Entries refused for their shape or the length of their handle.</summary>
    public long RefusedEntries { get; private set; }

    /// <summary>Queues a request and waits for its answer; ENOTCONN when nobody is there.</summary>
    /// <param name="opcode">Today's opcode.</param>
    /// <param name="nodeId">Of the inode it is about.</param>
    /// <param name="about">The inode; none where only its nodeid is known.</param>
    /// <param name="handle">The inode's handle, for the dialects whose request brings it.</param>
    /// <param name="body">Today's arguments.</param>
    /// <param name="room">What the reply may be.</param>
    public KernelTask<KernelAnswer> AskAsync(
        FuseOpcode opcode, ulong nodeId, InodeIndex about, scoped in FileHandle handle,
        ReadOnlySpan<byte> body, ReplyRoom room)
    {
        KernelTask<KernelAnswer> answer = new(current);
        if (IsConnected)
            Queue(opcode, nodeId, about, handle, body, room, answer);
        else
            answer.SetResult(KernelAnswer.Failure((int)Errno.ENOTCONN));
        return answer;
    }

    /// <summary>Queues a request that gets no reply (fuse_force_forget()).</summary>
    public void Tell(FuseOpcode opcode, ulong nodeId, ReadOnlySpan<byte> body)
    {
        if (IsConnected)
            Queue(opcode, nodeId, default, default, body, ReplyRoom.Nothing, null);
    }

    /// <summary>
    /// One read(2) of the device: the bytes of the next message, 0 where a read would block, -1
    /// when the connection is over. A request longer than the buffer ends as EIO for its caller
    /// (E2BIG for SETXATTR) and the next one is read.
    /// </summary>
    public int Read(Span<byte> buffer)
    {
        while (IsConnected)
        {
            switch (forgets.NextTurn(_interrupts.Count > 0, _pending.Count > 0))
            {
                case ForgetTurn.Interrupt:
                    return _interrupts.Read(buffer);
                case ForgetTurn.Forget:
                    return _forgetReads.Read(buffer, (int)Minor, _lastUnique += UniqueStep);
                case ForgetTurn.Request:
                    int bytes = ReadRequest(buffer);
                    if (bytes > 0)
                        return bytes;
                    break;
                default:
                    return 0;
            }
        }

        return -1;
    }

    /// <summary>
    /// One write(2) of a reply: 0, or EINVAL (wrong shape) or ENOENT (nobody waits for it). The
    /// unique is the request's to the bit, the mark of a resent one included (request_find()). The
    /// task that waited runs to its next wait before this returns.
    /// </summary>
    public int Answer(in FuseReply reply)
    {
        ulong unique = reply.Header.unique;
        if ((unique & FuseConstants.FUSE_INT_REQ_BIT) != 0)
        {
            return _interrupts.Answer(
                reply, _sent.GetValueOrDefault(unique & ~FuseConstants.FUSE_INT_REQ_BIT));
        }

        if (faults.Has(KernelFault.ResendMarkIgnored) && !_sent.ContainsKey(unique))
            unique ^= FuseConstants.FUSE_UNIQUE_RESEND;
        if (!_sent.Remove(unique, out KernelRequest? request))
            return (int)Errno.ENOENT;
        _interrupts.Remove(request);

        if (SendOtherwise(request, reply.Header.error))
            return 0;
        int errno = 0;
        if (!TryTake(request, reply, out KernelAnswer answer))
        {
            errno = (int)Errno.EINVAL;
            answer = KernelAnswer.Failure((int)Errno.EIO);
        }

        request.Answer?.SetResult(answer);
        return errno;
    }

    /// <summary>
    /// A signal comes to a task: if it waits for a reply, an INTERRUPT follows the request, at
    /// once where that was read (request_wait_answer()).
    /// </summary>
    public void Interrupt(Caller caller)
    {
        foreach (KernelRequest request in _pending.Concat(_sent.Values).OrderBy(r => r.Age))
        {
            if (request.Caller == caller)
                _interrupts.Mark(request, isRead: _sent.ContainsKey(request.Unique));
        }
    }

    /// <summary>
    /// The inode that a request is about which was read and not answered; none where there is no
    /// such request or only its nodeid is known.
    /// </summary>
    public InodeIndex AskedAbout(ulong unique) =>
        _sent.TryGetValue(unique, out KernelRequest? request) ? request.About : InodeIndex.None;

    /// <summary>
    /// A reply whose head is wrong ends the request it names, if it names one, as EIO
    /// (fuse_dev_do_write(): an error with a body).
    /// </summary>
    public void Spoil(ulong unique)
    {
        if (!_sent.Remove(unique, out KernelRequest? request))
            return;
        _interrupts.Remove(request);
        request.Answer?.SetResult(KernelAnswer.Failure((int)Errno.EIO));
    }

    /// <summary>
    /// FUSE_NOTIFY_RESEND: what was read and not answered is read again, oldest first.
    /// </summary>
    public void Resend()
    {
        foreach (KernelRequest request in _sent.Values.OrderByDescending(r => r.Age))
        {
            request.Unique |= FuseConstants.FUSE_UNIQUE_RESEND;
            MemoryMarshal.Write(request.Message.AsSpan(8), request.Unique);
            _pending.AddFirst(request);
        }

        _sent.Clear();
    }

    /// <summary>The connection ends: every caller gets <paramref name="errno"/>.</summary>
    public void Abort(int errno)
    {
        IsConnected = false;
        forgets.Disconnect();
        KernelRequest[] all = [.. _sent.Values.Concat(_pending).OrderBy(r => r.Age)];
        _sent.Clear();
        _pending.Clear();
        _interrupts.Clear();
        foreach (KernelRequest request in all)
            request.Answer?.SetResult(KernelAnswer.Failure(errno));
    }

    /// <param name="expected">Requests that somebody waits for; null where not known.</param>
    /// <param name="errors">Where to.</param>
    public void Validate(int? expected, ValidationErrors errors)
    {
        int waiting = 0;
        foreach ((ulong unique, KernelRequest request) in _sent)
        {
            errors.Equal("sent-unique", (long)unique, (long)request.Unique);
            waiting += request.Answer is { IsCompleted: false } ? 1 : 0;
        }

        errors.Equal("sent-without-waiter", waiting, _sent.Count);
        waiting += _pending.Count(request => request.Answer is not null);
        if (expected is { } count)
            errors.Equal("requests-under-way", waiting, count);
    }

    private void Queue(
        FuseOpcode opcode, ulong nodeId, InodeIndex about, scoped in FileHandle handle,
        ReadOnlySpan<byte> body, ReplyRoom room, KernelTask<KernelAnswer>? answer)
    {
        _lastUnique += UniqueStep;
        byte[] classic = MessageBuilder.Request(opcode, _lastUnique, nodeId, body);
        // RELEASE is nobody's (fuse_prepare_release(): nocreds).
        if (opcode is not (FuseOpcode.FUSE_RELEASE or FuseOpcode.FUSE_RELEASEDIR))
        {
            ref fuse_in_header head = ref MemoryMarshal.AsRef<fuse_in_header>(classic.AsSpan());
            (head.uid, head.gid) = (current.FsUid, current.FsUid);
            head.pid = (uint)current.Task.Pid;
        }

        bool mayBeRefused = Handles.Dialect.Numbers.Compound != 0
            && room.Entry != EntryReplyForm.None;
        KernelRequest request = new()
        {
            Unique = _lastUnique,
            Caller = current.Task,
            Opcode = opcode,
            Message = Speak(classic, handle),
            Room = room,
            Answer = answer,
            Age = _age++,
            Handles = Handles,
            About = about,
            Classic = mayBeRefused ? classic : [],
            Handle = mayBeRefused ? new(handle) : default,
        };
        if (current.Task.SignalPending)
            _interrupts.Mark(request, isRead: false);
        _pending.AddLast(request);
    }

    /// <summary>Today's request in the agreed dialect.</summary>
    private byte[] Speak(byte[] classic, scoped in FileHandle handle)
    {
        Dialect dialect = Handles.Dialect;
        if (!dialect.HasOwnMessages)
            return classic;
        int room = classic.Length + (8 * FuseConstants.MAX_HANDLE_SZ);
        if (_written.Length < room)
            _written = new byte[2 * room];
        if (!FuseRequest.TryParse(classic, out FuseRequest request, out WireError error)
            || !dialect.TryWriteRequest(
                _written, request, handle.Type, handle.Bytes, out int written))
        {
            throw new InvalidOperationException(
                $"{dialect.Name} cannot write a request with a handle of "
                + $"{handle.Bytes.Length} bytes: {error}");
        }

        return _written[..written];
    }

    /// <summary>
    /// Where the server does not take the form of a request, such as a compound, goes over to the
    /// form that is left and sends it so.
    /// </summary>
    private bool SendOtherwise(KernelRequest request, int error)
    {
        if (error == 0
            || request.Handles.Dialect.AfterRefusal(request.Opcode, error) is null)
        {
            return false;
        }

        // Another request may have been refused meanwhile: what is agreed now goes on from there.
        Handles = Handles with
        {
            Dialect = Handles.Dialect.AfterRefusal(request.Opcode, error) ?? Handles.Dialect,
        };
        fuse_in_header classic = MemoryMarshal.Read<fuse_in_header>(request.Classic);
        Queue(
            request.Opcode, classic.nodeid, request.About,
            request.Handle.AsHandle(),
            request.Classic.AsSpan(FuseRequest.HeaderBytes), request.Room, request.Answer);
        return true;
    }

    /// <summary>
    /// What a reply says; false where its shape is wrong, or its handle longer than agreed.
    /// </summary>
    private bool TryTake(KernelRequest request, in FuseReply reply, out KernelAnswer answer)
    {
        answer = new KernelAnswer(-reply.Header.error, reply.Body.ToArray());
        if (answer.Errno != 0)
            return true;
        if (request.Room.Entry == EntryReplyForm.None)
            return request.Room.Takes(reply.Body);
        HandleAgreement handles = request.Handles;
        WireError fault = handles.Dialect.ReadEntryReply(
            request.Opcode, reply, out WireEntry entry, out int failed);
        if (!fault.IsError && failed == 0 && !handles.Dialect.ChecksLengthInIget)
            fault = handles.CheckHandle(entry.Handle.Bytes.Length);
        bool fits = fault.IsError || failed != 0
            || request.Room.TakesBehindEntry(answer.Body.AsSpan(entry.Bytes));
        if (fault.IsError || !fits)
        {
            RefusedEntries++;
            return false;
        }

        EntryIn taken = new(
            entry.Entry, new(entry.Handle),
            failed == 0 ? answer.Body[entry.Bytes..] : [])
        {
            PartsLeft = handles.Dialect.RequestsPer(request.Opcode) - 1,
        };
        answer = new KernelAnswer(-failed, answer.Body, taken);
        return true;
    }

    private int ReadRequest(Span<byte> buffer)
    {
        KernelRequest request = _pending.First!.Value;
        _pending.RemoveFirst();
        if (request.Message.Length > buffer.Length)
        {
            request.Answer?.SetResult(KernelAnswer.Failure((int)Errno.EIO));
            return 0;
        }

        request.Message.CopyTo(buffer);
        if (request.Answer is not null)
            _sent.Add(request.Unique, request);
        _interrupts.AfterRead(request);
        return request.Message.Length;
    }
}
