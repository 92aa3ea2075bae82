using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Keeping;

/// <summary>
/// Answers what servers ask their keeper; takes their answer to INIT to the kernel.
/// </summary>
internal sealed class KeeperDesk(KeeperState state, FuseDevice device, Dialect dialect)
{
    private readonly TaskCompletionSource _ready =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Minor of the protocol agreed on; 0 before.</summary>
    public uint Minor { get; private set; }

    private readonly byte[] _message = new byte[4096];
    private byte[]? _agreedInit;

    /// <summary>Completes when the kernel has the answer to INIT.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Serves what lies in the socket; false when the server hung up.</summary>
    /// <param name="socket">The server's.</param>
    /// <param name="serverPid">
    /// The one process that is listened to: whoever else got hold of the server's end is not.
    /// </param>
    /// <param name="catchUp">
    /// Takes every record that was begun before now, for the kernel may act on a reply whose
    /// record stands behind one that another worker has not finished; false when the server died.
    /// </param>
    public bool Serve(PacketSocket socket, int serverPid, Func<bool> catchUp)
    {
        while (true)
        {
            Errno errno = socket.Receive(_message, out ReceivedPacket packet, null, wait: false);
            if (errno is Errno.EAGAIN or Errno.EINTR)
                return true;
            if (errno != Errno.None || packet.LengthBytes == 0)
                return false;
            if (packet.SenderPid != serverPid)
                continue;
            Span<byte> message = _message.AsSpan(0, packet.LengthBytes);
            if (!MemoryMarshal.TryRead(message, out KeeperMessage question)
                || question.TailBytes != message.Length - KeeperLink.HeadBytes)
            {
                return false;
            }

            if (!catchUp())
                return false;
            Answer(socket, question, message[KeeperLink.HeadBytes..]);
        }
    }

    private void Answer(PacketSocket socket, in KeeperMessage question, Span<byte> tail)
    {
        KeeperMessage answer = new() { Verb = KeeperVerb.Nothing };
        FileHandleBuffer handle = default;
        switch (question.Verb)
        {
            case KeeperVerb.Init when AcceptInit(tail):
                answer.Verb = KeeperVerb.Init;
                break;
            case KeeperVerb.Handle when state.TryGetHandle(question.Id, out handle):
                answer.Verb = KeeperVerb.Handle;
                answer.Number = (uint)handle.Type;
                break;
            case KeeperVerb.NodeId:
                answer.Verb = KeeperVerb.NodeId;
                answer.Id = state.NodeIdOf(
                    new FileHandle(question.Number, tail), out bool isForgotten);
                answer.Flag = isForgotten ? 1u : 0;
                break;
            case KeeperVerb.File when state.TryGetFile(question.Id, out BoundFile file):
                answer.Verb = KeeperVerb.File;
                answer.Number = file.Flags;
                answer.Other = file.NodeId;
                answer.Flag = file.IsDirectory;
                break;
            case KeeperVerb.Wake:
                return;
            default:
                break;
        }

        ReadOnlySpan<byte> body = handle.Bytes;
        answer.TailBytes = (uint)body.Length;

        // A server that is gone by now needs no answer: the next receive says so.
        socket.Send(MemoryMarshal.AsBytes(new ReadOnlySpan<KeeperMessage>(in answer)), body);
    }

    /// <summary>
    /// The first answer goes to the kernel, without its handles; a later life must agree to the
    /// very same, for the kernel asks only once.
    /// </summary>
    private bool AcceptInit(Span<byte> reply)
    {
        const int uniqueAt = 8;
        if (!FuseReply.TryParse(reply, out FuseReply parsed, out _)
            || !MemoryMarshal.TryRead(parsed.Body, out fuse_init_out init))
        {
            return false;
        }

        if (_agreedInit is not null)
            return reply[uniqueAt..].SequenceEqual(_agreedInit.AsSpan(uniqueAt));
        _agreedInit = reply.ToArray();
        Span<byte> body = reply[FuseReply.HeaderBytes..];
        HandleOffer.Withdraw(ref init, dialect);
        MemoryMarshal.Write(body, init);
        bool isTaken = !device.Write(reply).Failed;
        if (isTaken)
        {
            Minor = init.minor;
            _ready.TrySetResult();
        }

        return isTaken;
    }
}
