using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Keeping;

namespace HandleCache.Lab.Soak;

/// <summary>
/// Both ends of the socket between keeper and server, and the log in their shared memory: a server
/// that asks its keeper nonsense and logs it, a keeper that answers so.
/// </summary>
internal sealed class KeeperSurface : HostileSurface
{
    private const int MostLogged = 4;

    private readonly FuseDevice _device = FuseDevice.Open(FuseDriver.BuiltIn);
    private readonly byte[] _drained = new byte[1 << 16];
    private readonly IReadOnlyList<byte[]> _corpus = Corpus();
    private KeeperState? _state;
    private PacketSocket? _asking;
    private PacketSocket? _asked;

    public override void Run(SplitMix64 random, int messages, HostileTally tally)
    {
        KeeperDesk desk = Begin();
        using KeeperLink link = new(PacketSocket.Adopt(_asked!.Descriptor));
        for (int i = 0; i < messages; i++)
        {
            byte[] message = HostileBytes.Make(random, _corpus);
            tally.Feed(message);

            // A message of no bytes is how the other end hangs up.
            if (message.Length == 0)
                continue;
            if (random.OneIn(4))
                tally.Took(Answered(link, message, random));
            else
                tally.Took(Asked(desk, message));
            Log(random);
        }
    }

    public override bool? Take(byte[] message)
    {
        try
        {
            return Asked(Begin(), message);
        }
        finally
        {
            EndRound();
        }
    }

    public override void EndRound()
    {
        _asking?.Dispose();
        _asked?.Dispose();
        _state?.Dispose();
        (_asking, _asked, _state) = (null, null, null);
    }

    protected override void End() => _device.Dispose();

    private KeeperDesk Begin()
    {
        _state = new KeeperState();
        (_asking, _asked) = PacketSocket.CreatePair();
        _asked.NameSenders();
        return new KeeperDesk(_state, _device, Dialect.V2);
    }

    /// <summary>The keeper takes it, or hangs up on its server.</summary>
    private bool Asked(KeeperDesk desk, byte[] message)
    {
        _asking!.Send(message, wait: false);
        bool taken = desk.Serve(_asked!, Environment.ProcessId, static () => true);
        Drain(_asking);
        Drain(_asked!);
        return taken;
    }

    /// <summary>The server takes the answer, or ends as it does when its keeper is gone.</summary>
    private bool Answered(KeeperLink link, byte[] message, SplitMix64 random)
    {
        _asking!.Send(message, wait: false);
        try
        {
            switch (random.Below(4))
            {
                case 0:
                    return link.TryGetHandle(2, out _);
                case 1:
                    return link.NodeIdOf(FileHandleBuffer.From(0x81, [1, 2, 3, 4]), out _) != 0;
                case 2:
                    return link.TryGetFile(1, out _);
                default:
                    List<FileDescriptor> descriptors = [];
                    link.ReceiveHello(descriptors, out _);
                    return true;
            }
        }
        catch (IOException)
        {
            return false;
        }
        finally
        {
            Drain(_asking);
            Drain(_asked!);
        }
    }

    private void Log(SplitMix64 random)
    {
        for (int i = random.Below(MostLogged); i > 0; i--)
        {
            LogRecord record = default;
            random.Fill(MemoryMarshal.AsBytes(new Span<LogRecord>(ref record)));
            record.Kind = (LogKind)random.Below(12);
            if (random.OneIn(2))
            {
                record.NodeId = (ulong)random.Below(16);
                record.Unique = (ulong)random.Below(16);
                record.HandleBytes = (uint)random.Below(140);
            }

            _state!.Apply(record);
        }
    }

    private void Drain(PacketSocket socket)
    {
        while (socket.Receive(_drained, out ReceivedPacket packet, null, wait: false)
            == Errno.None && packet.LengthBytes > 0)
        {
        }
    }

    private static List<byte[]> Corpus()
    {
        List<byte[]> all = [];
        foreach (KeeperVerb verb in Enum.GetValues<KeeperVerb>())
        {
            foreach (int tail in (int[])[0, 4, 24, 128])
            {
                KeeperMessage head = new()
                {
                    Verb = verb,
                    Id = 2,
                    Number = 0x81,
                    TailBytes = (uint)tail,
                };
                all.Add(
                [
                    .. MemoryMarshal.AsBytes(new ReadOnlySpan<KeeperMessage>(in head)),
                    .. new byte[tail],
                ]);
            }
        }

        return all;
    }
}
