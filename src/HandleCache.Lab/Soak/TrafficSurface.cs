using HandleCache.Lab.Differential;
using HandleCache.Linux;
using HandleCache.Model.Inodes;
using HandleCache.Protocol;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Relaying;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Soak;

/// <summary>
/// Traffic of others as the tap sees it: a server's replies, and the requests of a kernel that is
/// taken at its word, but not for granted.
/// </summary>
internal sealed class TapSurface : HostileSurface
{
    public override void Run(SplitMix64 random, int messages, HostileTally tally)
    {
        Dialect dialect = random.PickFrom(DialectList.All);
        Script script = RecordedTalk.ScriptOf(random.Next(), dialect, passthrough: false);
        RecordedTalk talk = RecordedTalk.Of(script);
        if (talk.Replies.Count == 0)
            return;
        byte[][] replies = [.. talk.Replies.Select(one => one.Message)];
        using FuseInodeCache cache = new(new FuseInodeCacheOptions());
        using KernelMirror mirror = new(cache, new CheckLedger(), dialect: script.Server.Spoken);
        for (int i = 0; i < messages; i++)
        {
            bool isReply = random.OneIn(2);
            IReadOnlyList<byte[]> good = isReply ? replies : talk.Requests;
            byte[] message = random.OneIn(2)
                ? HostileBytes.Make(random, good)
                : good[i / 2 % good.Count];
            tally.Feed(message, 4);
            if (!isReply)
            {
                mirror.OnRequest(message);
                continue;
            }

            mirror.OnReply(message);
            mirror.OnSent(message, random.OneIn(8) ? Errno.ENOENT : Errno.None);
            tally.Took(true);
        }

        if (cache.Validate() is { Count: > 0 } errors)
            throw new HostileException($"the mirror's cache: {errors[0]}");
    }
}

/// <summary>A server's messages into the relay: each is carried, or ends the connection.</summary>
internal sealed class RelaySurface : HostileSurface
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly byte[] _carried = new byte[1 << 18];
    private MemoryChannel? _kernel;
    private PacketSocket? _server;
    private PacketSocket? _relays;
    private Relay? _relay;

    public override int RoundMessages => 200;

    public override void Run(SplitMix64 random, int messages, HostileTally tally)
    {
        RecordedTalk talk = RecordedTalk.Of(
            RecordedTalk.ScriptOf(random.Next(), Dialect.Classic, passthrough: false));
        byte[][] replies = [.. talk.Replies.Select(one => one.Message)];
        if (replies.Length == 0)
            return;
        for (int i = 0; i < messages; i++)
        {
            byte[] message = HostileBytes.Make(random, replies);
            tally.Feed(message, 4);
            if (_relay is null)
                Start();
            if (message.Length == 0)
                continue;
            _server!.Send(message);
            if (Carried())
                tally.Took(true);
            else
                EndRound();
        }
    }

    public override void EndRound()
    {
        _kernel?.Close();
        _relay?.Dispose();
        _kernel?.Dispose();
        _server?.Dispose();
        _relays?.Dispose();
        (_kernel, _relay, _server, _relays) = (null, null, null, null);
    }

    private void Start()
    {
        _kernel = new MemoryChannel();
        (_server, _relays) = PacketSocket.CreatePair();
        _relay = new Relay(_kernel, _relays);
    }

    /// <summary>Whether the kernel got it; the relay said why, where it did not.</summary>
    private bool Carried()
    {
        System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();
        while (clock.Elapsed < Patience)
        {
            if (_kernel!.Client.TryReceive(_carried, TimeSpan.FromMilliseconds(1), out _))
                return true;
            if (_relay!.ServerEnded)
            {
                return _relay.Failure is not null
                    ? false
                    : throw new HostileException("the relay ended without a word");
            }
        }

        throw new HostileException("a message is neither carried nor refused");
    }
}
