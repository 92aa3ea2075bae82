using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Keeping;

/// <summary>
/// The server's end of the socket to its keeper: one question and one answer at a time, from any
/// thread. A keeper that is gone ends the server.
/// </summary>
internal sealed class KeeperLink(PacketSocket socket) : IDisposable
{
    public static readonly int HeadBytes = Unsafe.SizeOf<KeeperMessage>();

    private const int MaxMessageBytes = 4096;

    private readonly Lock _lock = new();
    private readonly byte[] _answer = new byte[MaxMessageBytes];

    /// <summary>Tells the keeper that this server can take over at once.</summary>
    public void SayReady() => Send(new KeeperMessage { Verb = KeeperVerb.Ready }, default);

    /// <summary>
    /// Waits for Hello; the descriptors are the log's memory and one device a worker.
    /// </summary>
    public KeeperMessage ReceiveHello(ICollection<FileDescriptor> descriptors, out byte[] init)
    {
        Errno errno = socket.Receive(_answer, out ReceivedPacket packet, descriptors);
        KeeperMessage hello = Parse(packet.LengthBytes, errno);
        if (hello.Verb != KeeperVerb.Hello || descriptors.Count < 2)
            throw new IOException("the keeper said no hello");
        init = _answer.AsSpan(HeadBytes, (int)hello.TailBytes).ToArray();
        return hello;
    }

    public void Wake()
    {
        KeeperMessage wake = new() { Verb = KeeperVerb.Wake };
        Send(wake, default);
    }

    /// <summary>Hands the answer to INIT over; false when the keeper refuses it.</summary>
    public bool AnswerInit(ReadOnlySpan<byte> reply)
    {
        lock (_lock)
        {
            KeeperMessage answer = Ask(
                new KeeperMessage
                {
                    Verb = KeeperVerb.Init,
                    TailBytes = (uint)reply.Length,
                },
                reply);
            return answer.Verb == KeeperVerb.Init;
        }
    }

    public bool TryGetHandle(ulong nodeid, out FileHandleBuffer handle)
    {
        lock (_lock)
        {
            KeeperMessage answer = Ask(
                new KeeperMessage { Verb = KeeperVerb.Handle, Id = nodeid }, default);
            bool found = answer.Verb == KeeperVerb.Handle;
            handle = found
                ? FileHandleBuffer.From(
                    (int)answer.Number, _answer.AsSpan(HeadBytes, (int)answer.TailBytes))
                : default;
            return found;
        }
    }

    /// <summary>The nodeid the kernel has for a handle, or had; 0 for none.</summary>
    public ulong NodeIdOf(in FileHandleBuffer handle, out bool isForgotten)
    {
        lock (_lock)
        {
            KeeperMessage answer = Ask(
                new KeeperMessage
                {
                    Verb = KeeperVerb.NodeId,
                    Number = (uint)handle.Type,
                    TailBytes = (uint)handle.LengthBytes,
                },
                handle.Bytes);
            isForgotten = answer.Flag != 0;
            return answer.Id;
        }
    }

    public bool TryGetFile(ulong fh, out BoundFile file)
    {
        lock (_lock)
        {
            KeeperMessage answer = Ask(
                new KeeperMessage { Verb = KeeperVerb.File, Id = fh }, default);
            file = new BoundFile(fh, answer.Other, answer.Number, answer.Flag);
            return answer.Verb == KeeperVerb.File;
        }
    }

    public void Dispose() => socket.Dispose();

    private KeeperMessage Ask(in KeeperMessage question, ReadOnlySpan<byte> tail)
    {
        Send(question, tail);
        Errno errno = socket.Receive(_answer, out ReceivedPacket packet, null);
        return Parse(packet.LengthBytes, errno);
    }

    private void Send(in KeeperMessage message, ReadOnlySpan<byte> tail)
    {
        SysResult sent = socket.Send(
            MemoryMarshal.AsBytes(new ReadOnlySpan<KeeperMessage>(in message)), tail);
        if (sent.Failed)
            throw new LinuxException(sent.Errno, "send to the keeper");
    }

    private KeeperMessage Parse(int bytes, Errno errno)
    {
        if (errno != Errno.None)
            throw new LinuxException(errno, "receive from the keeper");
        if (bytes == 0)
            throw new IOException("the keeper is gone");
        if (!MemoryMarshal.TryRead(_answer.AsSpan(0, bytes), out KeeperMessage message)
            || message.TailBytes != bytes - HeadBytes)
        {
            throw new IOException("the keeper's message has another length than it says");
        }

        return message;
    }
}
