using System.Diagnostics;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Driving;

/// <summary>Single messages to the server and from it.</summary>
internal sealed partial class DriveRig
{
    private const int KeptMessages = 8;

    private readonly Queue<KeptMessage> _last = new();

    /// <summary>Of INTERRUPTs that the server may answer yet, each time they were sent.</summary>
    private readonly HashSet<ulong> _interrupts = [];
    private ulong _ownUnique = 1ul << 40;

    /// <summary>The last messages, oldest first.</summary>
    public IReadOnlyList<string> Last =>
    [
        .. _last.Select(kept => kept.ToString()),
        .. (_server?.Said ?? []).Select(line => $"the {line}"),
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
        Exchange exchange = _server!.Send(message);
        if (exchange == Exchange.Done)
            exchange = _server!.Send(probe);
        long begun = Stopwatch.GetTimestamp();
        while (exchange == Exchange.Done)
        {
            exchange = _server!.Receive(_reply, begun, out int bytes);
            bool isProbes = exchange == Exchange.Done
                && MemoryMarshal.TryRead(_reply.AsSpan(0, bytes), out fuse_out_header header)
                && header.unique == unique;
            if (isProbes)
                return null;
        }

        return exchange == Exchange.TimedOut
            ? "the server answers no more"
            : $"the server {_server!.Ending()}";
    }

    /// <summary>
    /// The reply to a request. Notifications before it and answers to INTERRUPTs go to the kernel,
    /// and INTERRUPTs that it then has to the server.
    /// </summary>
    private ReadOnlySpan<byte> Receive(ulong unique)
    {
        long begun = Stopwatch.GetTimestamp();
        for (int others = 0; ; others++)
        {
            Exchange exchange = _server!.Receive(_reply, begun, out int bytes);
            if (exchange != Exchange.Done)
                throw Broken(exchange, others);
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

            if (_underWay.Exists(one => one.Asked.Unique == header.unique)
                && _early.TryAdd(header.unique, message.ToArray()))
                continue;
            if (!_interrupts.Remove(header.unique))
            {
                Check.Report(
                    DriveRule.ReplyUnique,
                    $"a reply to {header.unique}, which was answered before or never asked; "
                    + $"{unique} waits");
                continue;
            }

            InterruptAnswered(header, message);
        }
    }

    /// <summary>
    /// The server has answered an INTERRUPT, perhaps after the request that it meant: then the
    /// kernel wants to know nothing of it (ENOENT).
    /// </summary>
    private void InterruptAnswered(in fuse_out_header header, ReadOnlySpan<byte> message)
    {
        Check.CameToInterrupt(header, message);
        Kernel.WriteReply(message);
        SendInterrupts();
    }

    /// <summary>INTERRUPTs that the kernel has; they are read before everything else.</summary>
    private void SendInterrupts()
    {
        while (Kernel.HasInterrupt)
        {
            int bytes = Kernel.ReadRequest(_request);
            byte[] message = _request[..bytes];
            _interrupts.Add(MemoryMarshal.Read<fuse_in_header>(message).unique);
            Send(message);
        }
    }

    private void Send(byte[] message)
    {
        Keep(KeptMessage.Request(message));
        Exchange exchange = _server!.Send(message);
        if (exchange != Exchange.Done)
            throw Broken(exchange, others: 0);
    }

    /// <param name="exchange">How the wait ended.</param>
    /// <param name="others">Messages that came instead of the reply.</param>
    private RuleBrokenException Broken(Exchange exchange, int others)
    {
        Check.Hold(DriveRule.NoReply);
        if (exchange == Exchange.HungUp)
            return Check.Fault(DriveRule.ServerDeath, $"the server {_server!.Ending()}");
        string instead = others == 0 ? "" : $"; {others} other messages came meanwhile";
        return Check.Fault(
            DriveRule.NoReply,
            FormattableString.Invariant(
                $"no reply after {_patience.TotalSeconds:0.#} s{instead}"));
    }

    private void Keep(KeptMessage message)
    {
        _last.Enqueue(message);
        if (_last.Count > KeptMessages)
            _last.Dequeue();
    }
}
