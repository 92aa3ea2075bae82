using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Drive;

/// <summary>Single messages to the server and from it.</summary>
internal sealed partial class DriveRig
{
    private const int KeptMessages = 8;

    private readonly Queue<KeptMessage> _last = new();
    private ulong _ownUnique = 1ul << 40;

    /// <summary>The last messages, oldest first.</summary>
    public IReadOnlyList<string> Last =>
    [
        .. _last.Select(kept => kept.ToString()),
        .. _server.Said.Select(line => $"the {line}"),
    ];

    /// <summary>A unique that the modelled kernel does not reach.</summary>
    public ulong NextOwnUnique() => _ownUnique += 2;

    /// <summary>
    /// Sends a message whatever it is, and asks for the root's attributes behind it; null where
    /// they come, else what became of the server.
    /// </summary>
    public string? Survives(byte[] message)
    {
        Keep(KeptMessage.Request(message));
        ulong unique = NextOwnUnique();
        byte[] probe = MessageBuilder.Request(
            FuseOpcode.FUSE_GETATTR, unique, FuseConstants.FUSE_ROOT_ID,
            new byte[Marshal.SizeOf<fuse_getattr_in>()]);
        Exchange exchange = _server.Send(message);
        if (exchange == Exchange.Done)
            exchange = _server.Send(probe);
        while (exchange == Exchange.Done)
        {
            exchange = _server.Receive(_reply, out int bytes);
            bool isProbes = exchange == Exchange.Done
                && MemoryMarshal.TryRead(_reply.AsSpan(0, bytes), out fuse_out_header header)
                && header.unique == unique;
            if (isProbes)
                return null;
        }

        return exchange == Exchange.TimedOut
            ? "the server answers no more"
            : $"the server {_server.Ending()}";
    }

    /// <summary>
    /// The reply to a request. Notifications before it go to the kernel; answers to INTERRUPTs are
    /// what fuse_dev_do_write() takes for those, EAGAIN or ENOSYS.
    /// </summary>
    private ReadOnlySpan<byte> Receive(ulong unique)
    {
        while (true)
        {
            Exchange exchange = _server.Receive(_reply, out int bytes);
            if (exchange != Exchange.Done)
                throw Broken(exchange);
            ReadOnlySpan<byte> message = _reply.AsSpan(0, bytes);
            Keep(KeptMessage.Reply(message));
            if (!MemoryMarshal.TryRead(message, out fuse_out_header header)
                || header.len != bytes)
            {
                throw Check.Fault(
                    DriveRule.ReplyShape,
                    $"a message of {bytes} bytes says that it has {header.len}");
            }

            if (header.unique == unique)
                return message;
            if (header.unique == 0)
            {
                Kernel.WriteReply(message);
                continue;
            }

            bool isOfInterrupt = (header.unique & InterruptBit) != 0
                && -header.error is (int)Errno.EAGAIN or (int)Errno.ENOSYS or (int)Errno.None;
            if (!isOfInterrupt)
            {
                throw Check.Fault(
                    DriveRule.ReplyUnique,
                    $"a reply to {header.unique}, which was answered before or never asked; "
                    + $"{unique} waits");
            }
        }
    }

    private void Send(byte[] message)
    {
        Keep(KeptMessage.Request(message));
        Exchange exchange = _server.Send(message);
        if (exchange != Exchange.Done)
            throw Broken(exchange);
    }

    private DriveFault Broken(Exchange exchange)
    {
        Check.Hold(DriveRule.NoReply);
        return exchange == Exchange.TimedOut
            ? Check.Fault(
                DriveRule.NoReply,
                FormattableString.Invariant(
                    $"no reply after {_patience.TotalSeconds:0.#} s"))
            : Check.Fault(DriveRule.ServerDeath, $"the server {_server.Ending()}");
    }

    private void Keep(KeptMessage message)
    {
        _last.Enqueue(message);
        if (_last.Count > KeptMessages)
            _last.Dequeue();
    }
}
