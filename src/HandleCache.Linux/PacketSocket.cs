using System.Runtime.CompilerServices;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>What <see cref="PacketSocket.Receive"/> brought.</summary>
/// <param name="LengthBytes">Of the message.</param>
/// <param name="Truncated">There was more of it than room.</param>
/// <param name="SenderPid">
/// The process that sent it, as the kernel says; 0 before <see cref="PacketSocket.NameSenders"/>.
/// </param>
public readonly record struct ReceivedPacket(int LengthBytes, bool Truncated, int SenderPid);

/// <summary>
/// A Unix SEQPACKET socket: one send is one message, order kept, descriptors may travel along
/// (unix(7), SCM_RIGHTS). A receive of zero bytes is the other end's close.
/// </summary>
public sealed unsafe class PacketSocket : IDisposable
{
    /// <summary>Most descriptors that one message may carry here.</summary>
    public const int MaxDescriptors = 16;

    private const int UnixFamily = 1;
    private const int SequencedPackets = 5;
    private const int CloseOnExecType = 0x80000;
    private const int NoSignal = 0x4000;
    private const int ReceiveCloseOnExec = 0x40000000;
    private const int DontWait = 0x40;
    private const int BothDirections = 2;
    private const int ControlTruncated = 0x8;
    private const int DataTruncated = 0x20;
    private const int SocketLevel = 1;
    private const int Rights = 1;
    private const int SenderCredentials = 2;
    private const int PassCredentials = 16;

    /// <summary>struct ucred: pid, uid, gid.</summary>
    private const int CredentialBytes = 12;

    private PacketSocket(FileDescriptor descriptor) => Descriptor = descriptor;

    public FileDescriptor Descriptor { get; }

    public static (PacketSocket First, PacketSocket Second) CreatePair()
    {
        int* pair = stackalloc int[2];
        // SAFETY: room for the two descriptors the call writes.
        Sys.Require(
            LibC.socketpair(UnixFamily, SequencedPackets | CloseOnExecType, 0, pair),
            "socketpair");
        return (new(FileDescriptor.Own(pair[0])), new(FileDescriptor.Own(pair[1])));
    }

    public static PacketSocket Adopt(FileDescriptor descriptor) => new(descriptor);

    /// <summary>
    /// From now on each message says who sent it (SO_PASSCRED), whoever holds the other end: the
    /// credentials of a socketpair (SO_PEERCRED) are those of the process that made it.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public void NameSenders()
    {
        int on = 1;
        // SAFETY: the value lives on the stack for the call.
        Sys.Require(
            LibC.setsockopt(Descriptor, SocketLevel, PassCredentials, &on, sizeof(int)),
            "setsockopt SO_PASSCRED");
    }

    /// <summary>Sends one message from two places and, if given, descriptors with it.</summary>
    public SysResult Send(
        ReadOnlySpan<byte> header, ReadOnlySpan<byte> body = default,
        ReadOnlySpan<FileDescriptor> descriptors = default, bool wait = true)
    {
        if (descriptors.Length > MaxDescriptors)
            return SysResult.Failure(Errno.EINVAL);
        byte* control = stackalloc byte[ControlRoom(MaxDescriptors)];
        int held = 0;
        try
        {
            for (; held < descriptors.Length; held++)
            {
                bool added = false;
                descriptors[held].DangerousAddRef(ref added);
                ((int*)(control + sizeof(ControlHeader)))[held] = descriptors[held].Number;
            }

            // SAFETY: spans pinned for the call, control block sized for MaxDescriptors.
            fixed (byte* first = header)
            fixed (byte* second = body)
            {
                IoVec* vectors = stackalloc IoVec[2];
                vectors[0] = new IoVec { Base = first, LengthBytes = (nuint)header.Length };
                vectors[1] = new IoVec { Base = second, LengthBytes = (nuint)body.Length };
                MessageHeader message = new() { Vectors = vectors, VectorCount = 2 };
                if (held > 0)
                    AttachRights(ref message, control, held);
                return Sys.Count(LibC.sendmsg(
                    Descriptor, &message, NoSignal | (wait ? 0 : DontWait)));
            }
        }
        finally
        {
            for (int i = 0; i < held; i++)
                descriptors[i].DangerousRelease();
        }
    }

    /// <summary>
    /// Receives one message. Descriptors that came are added to the list, which then owns them;
    /// EMSGSIZE when more came than there was room for (those that came are closed again).
    /// </summary>
    public Errno Receive(
        Span<byte> buffer, out ReceivedPacket packet, ICollection<FileDescriptor>? descriptors,
        bool wait = true)
    {
        packet = default;
        int controlBytes = ControlRoom(MaxDescriptors) + CredentialRoom;
        byte* control = stackalloc byte[controlBytes];
        // SAFETY: buffer pinned for the call; all lengths are those of the memory given.
        fixed (byte* start = buffer)
        {
            IoVec vector = new() { Base = start, LengthBytes = (nuint)buffer.Length };
            MessageHeader message = new()
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlBytes = (nuint)controlBytes,
            };
            nint received = LibC.recvmsg(
                Descriptor, &message, ReceiveCloseOnExec | (wait ? 0 : DontWait));
            if (received < 0)
                return Sys.LastErrno;
            bool lost = (message.Flags & ControlTruncated) != 0;
            int sender = TakeControl(ref message, lost ? null : descriptors);
            packet = new ReceivedPacket(
                (int)received, (message.Flags & DataTruncated) != 0, sender);
            return lost ? Errno.EMSGSIZE : Errno.None;
        }
    }

    /// <summary>
    /// Hangs up in both directions: who waits in a receive or a send wakes, here and there.
    /// </summary>
    public Errno Shutdown() => Sys.Status(LibC.shutdown(Descriptor, BothDirections));

    public void Dispose() => Descriptor.Dispose();

    private static int ControlRoom(int descriptors) =>
        (sizeof(ControlHeader) + (descriptors * sizeof(int)) + 7) & ~7;

    private static int CredentialRoom => (sizeof(ControlHeader) + CredentialBytes + 7) & ~7;

    private static void AttachRights(ref MessageHeader message, byte* control, int count)
    {
        nuint lengthBytes = (nuint)(sizeof(ControlHeader) + (count * sizeof(int)));
        Unsafe.WriteUnaligned(control, new ControlHeader
        {
            LengthBytes = lengthBytes,
            Level = SocketLevel,
            Type = Rights,
        });
        message.Control = control;
        message.ControlBytes = lengthBytes;
    }

    /// <summary>
    /// Owns every descriptor of the control block, and closes those nobody wants; the sender's
    /// pid, 0 where the block does not tell.
    /// </summary>
    private static int TakeControl(
        ref MessageHeader message, ICollection<FileDescriptor>? descriptors)
    {
        int sender = 0;
        byte* at = (byte*)message.Control;
        byte* end = at + message.ControlBytes;
        while (end - at >= sizeof(ControlHeader))
        {
            ControlHeader header = Unsafe.ReadUnaligned<ControlHeader>(at);
            long lengthBytes = (long)header.LengthBytes;
            if (lengthBytes < sizeof(ControlHeader) || lengthBytes > end - at)
                break;
            if (header is { Level: SocketLevel, Type: SenderCredentials }
                && lengthBytes >= sizeof(ControlHeader) + CredentialBytes)
            {
                sender = *(int*)(at + sizeof(ControlHeader));
            }

            if (header is { Level: SocketLevel, Type: Rights })
            {
                int* numbers = (int*)(at + sizeof(ControlHeader));
                int count = (int)((lengthBytes - sizeof(ControlHeader)) / sizeof(int));
                for (int i = 0; i < count; i++)
                {
                    FileDescriptor received = FileDescriptor.Own(numbers[i]);
                    if (descriptors is null)
                        received.Dispose();
                    else
                        descriptors.Add(received);
                }
            }

            at += (lengthBytes + 7) & ~7;
        }

        return sender;
    }
}
