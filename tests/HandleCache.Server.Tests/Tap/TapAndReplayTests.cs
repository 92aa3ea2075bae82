using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Model.Replay;
using HandleCache.Model.Traffic;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Tap;
using Xunit;

namespace HandleCache.Server.Tests.Tap;

/// <summary>
/// The same traffic, good or bad, gets the same verdict, check by check and count by count, from
/// the tap that sees its messages and from the replay of what the tap recorded.
/// </summary>
public sealed class TapAndReplayTests
{
    private const ulong NodeId = 7;

    public static TheoryData<ulong, bool> Seeds()
    {
        TheoryData<ulong, bool> data = [];
        for (ulong seed = 0; seed < 20; seed++)
            data.Add(seed, seed % 2 == 1);
        return data;
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_traffic_gets_one_verdict(ulong seed, bool reusesNodeIds)
    {
        SplitMix64 random = new(seed);
        HandleStrategy strategy = random.Pick(
            HandleStrategy.Inline(12), HandleStrategy.Inline(32), HandleStrategy.Static(16),
            HandleStrategy.None);
        Both both = Play(strategy, reusesNodeIds, tap =>
        {
            tap.Init();
            int nodes = random.Pick(3, 30, 300);
            for (int i = 0; i < 4000; i++)
                Step(tap, random, nodes);
        });
        both.AssertSame();
        Assert.True(both.Of(TrafficChecks.LiveNodeIds).Mismatches > 0, "bad traffic is seen");
        Assert.True(both.Of(TrafficChecks.ForgetNLookup).Mismatches > 0, "bad traffic is seen");
        Assert.Equal(
            !reusesNodeIds, both.Of(TrafficChecks.EntryIdentity).Mismatches > 0);
        Assert.True(both.Replay.Tally.TakeBacks > 0);
        Assert.True(both.Replay.Tally.PartialForgets > 0);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(TrafficCheck.RecentRequests - 3, 0)]
    [InlineData(TrafficCheck.RecentRequests, 1)]
    public void A_forget_of_less_than_is_held_needs_a_reply_of_late(int requests, long mismatches)
    {
        Both both = Play(HandleStrategy.Inline(12), reusesNodeIds: false, tap =>
        {
            tap.Look(NodeId, 1);
            tap.Look(NodeId, 1);
            for (int i = 0; i < requests; i++)
                tap.Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]);
            tap.Forget(NodeId, 1);
        });
        both.AssertSame();
        Assert.Equal(mismatches, both.Of(TrafficChecks.ForgetNLookup).Mismatches);
        Assert.Equal(1 - mismatches, both.Replay.Tally.PartialForgets);
    }

    [Fact]
    public void A_reply_of_another_generation_that_is_refused_leaves_the_old_inode_in_both()
    {
        Both both = Play(HandleStrategy.Inline(12), reusesNodeIds: true, tap =>
        {
            tap.Look(NodeId, 1);
            tap.Look(NodeId, 2, taken: Errno.ENOENT);
            tap.Look(NodeId, 1);
            tap.Forget(NodeId, 2);
        });
        both.AssertSame();
        Assert.Equal(0, both.Of(TrafficChecks.ForgetNLookup).Mismatches);
        Assert.Equal(1, both.Replay.Tally.InodesAtEnd);
    }

    private static void Step(Tap tap, SplitMix64 random, int nodes)
    {
        ulong node = (ulong)random.Below(nodes) + (random.OneIn(60) ? 0ul : 1);
        switch (random.Below(12))
        {
            case < 5:
                tap.Look(
                    node, generation: random.OneIn(20) ? 2ul : 1,
                    random.OneIn(40) ? FileModes.Directory755 : FileModes.Regular644,
                    Handle(node, random), random.OneIn(10) ? Errno.ENOENT : Errno.None);
                break;
            case 5:
                tap.Ask(FuseOpcode.FUSE_GETATTR, node, new byte[16]);
                break;
            case 6:
                tap.Ask(
                    FuseOpcode.FUSE_LINK, 1,
                    [.. InMemoryKernel.Of(new fuse_link_in { oldnodeid = node }), .. "a\0"u8]);
                break;
            case 7:
                tap.Ask(FuseOpcode.FUSE_LOOKUP, node, random.Pick(".\0", "..\0", "a\0"));
                break;
            case 8:
                tap.Forget(node, (ulong)random.Below(4));
                break;
            case 9:
                tap.BatchForget([.. Enumerable.Range(0, random.Below(5)).Select(_ =>
                    ((ulong)random.Below(nodes) + 1, (ulong)random.Below(3) + 1))]);
                break;
            case 10:
                tap.Noise(random);
                break;
            default:
                for (int i = random.Below(60); i > 0; i--)
                    tap.Ask(FuseOpcode.FUSE_STATFS, 1, []);
                break;
        }
    }

    private static byte[] Handle(ulong node, SplitMix64 random)
    {
        byte[] handle = new byte[random.OneIn(25) ? 40 : (int)(node % 24)];
        Array.Fill(handle, (byte)node);
        return handle;
    }

    private static Both Play(HandleStrategy strategy, bool reusesNodeIds, Action<Tap> traffic)
    {
        MemoryTrace sink = new();
        TraceWriter trace = new(sink);
        CheckLedger ledger = new();
        MirrorStatistics seen;
        using (KernelMirror mirror = new(
            new FuseInodeCache(new FuseInodeCacheOptions { Strategy = strategy }), ledger,
            reusesNodeIds, new MirrorRecording(trace, "test"), Dialect.Thread))
        {
            traffic(new Tap(mirror));
            mirror.Validate();
            seen = mirror.Statistics;
        }

        trace.Complete();
        using TraceReplayer replay = new(new ReplayOptions { Strategy = strategy });
        sink.Play(replay);
        return new Both(ledger.Results(), seen, replay);
    }

    private sealed record Both(
        IReadOnlyList<CheckResult> Tap, MirrorStatistics Seen, TraceReplayer Replay)
    {
        public CheckCount Of(string check) => Replay.Checks.Single(c => c.Name == check);

        public void AssertSame()
        {
            foreach (CheckCount replayed in Replay.Checks)
            {
                if (replayed.Name == TrafficChecks.FinalState)
                {
                    Assert.True(replayed.Mismatches == 0, replayed.FirstMismatch);
                    Assert.InRange(replayed.Compared, 4, 5);
                    continue;
                }

                CheckResult tapped = Tap.FirstOrDefault(c => c.Name == replayed.Name)
                    ?? new CheckResult(replayed.Name, 0, 0, null, null);
                Assert.Equal(
                    (replayed.Name, tapped.Compared, tapped.Mismatches, tapped.FirstMismatch),
                    (replayed.Name, replayed.Compared, replayed.Mismatches, Words(replayed)));
            }

            TrafficTally tally = Replay.Tally;
            Assert.Equal(
                Seen,
                new MirrorStatistics
                {
                    Requests = tally.Requests + tally.ForgetMessages,
                    Entries = tally.Entries,
                    SpilledEntries = tally.SpilledEntries,
                    Forgets = tally.Forgets,
                    PartialForgets = tally.PartialForgets,
                    ExportLookups = tally.ExportLookups,
                    UndeliveredReplies = tally.TakeBacks,
                    Inodes = tally.InodesAtEnd,
                    InodesPeak = tally.InodesPeak,
                });
        }

        /// <summary>Without the byte, which only a trace has.</summary>
        private static string? Words(CheckCount check) => check.FirstMismatch?[
            (check.FirstMismatch.IndexOf(": ", StringComparison.Ordinal) + 2)..];
    }

    private sealed class MemoryTrace : ITraceSink
    {
        private readonly List<byte> _bytes = [];

        public void Write(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

        public void Play(TraceReplayer replay)
        {
            TraceWalk walk = new();
            byte[] bytes = [.. _bytes];
            TraceStep step;
            do
            {
                step = walk.Next(bytes.AsSpan((int)walk.Offset), isAll: true, out TraceBlock block);
                Assert.NotEqual(TraceStep.Refused, step);
                if (step == TraceStep.Block)
                    Assert.Equal(TraceError.None, replay.Apply(block));
            }
            while (step != TraceStep.End);
            Assert.Equal(TraceError.None, replay.Complete(walk.Offset));
        }
    }

    /// <summary>Says messages to a mirror, as the channel under it would.</summary>
    private sealed class Tap(KernelMirror mirror)
    {
        private readonly byte[] _room = new byte[1024];
        private Dialect _dialect = Dialect.Classic;
        private ulong _unique;

        /// <summary>Agrees on handles.</summary>
        public void Init()
        {
            fuse_init_out answer = new()
            {
                major = FuseConstants.FUSE_KERNEL_VERSION,
                minor = FuseConstants.FUSE_KERNEL_MINOR_VERSION,
                flags = (uint)FuseInitFlags.FUSE_INIT_EXT,
            };
            HandleOffer.Accept(ref answer, Dialect.Thread, Dialect.Thread.MaxHandleBytes);
            Ask(FuseOpcode.FUSE_INIT, 0, new byte[64]);
            Answer(MessageBuilder.Reply(_unique, answer), Errno.None);
            _dialect = Dialect.Thread;
        }

        public void Ask(FuseOpcode opcode, ulong node, string name) =>
            Ask(opcode, node, InMemoryKernel.Name(name[..^1]));

        public void Ask(FuseOpcode opcode, ulong node, byte[] body) =>
            mirror.OnRequest(MessageBuilder.Request(opcode, _unique += 2, node, body));

        public void Look(
            ulong node, ulong generation, uint mode = FileModes.Regular644, byte[]? handle = null,
            Errno taken = Errno.None)
        {
            Ask(FuseOpcode.FUSE_LOOKUP, 1, "name\0");
            fuse_entry_out entry = new()
            {
                nodeid = node,
                generation = generation,
                attr = new fuse_attr { mode = mode },
            };
            Assert.True(_dialect.TryWriteEntryReply(
                _room, FuseOpcode.FUSE_LOOKUP, _unique, entry, handle is [_, ..] ? 0x81u : 0,
                handle, [], out int bytes));

            // Without an entry that counts, nothing is there to be taken back.
            Answer(_room[..bytes], node == 0 ? Errno.None : taken);
        }

        public void Forget(ulong node, ulong count) => Ask(
            FuseOpcode.FUSE_FORGET, node,
            InMemoryKernel.Of(new fuse_forget_in { nlookup = count }));

        public void BatchForget((ulong Node, ulong Count)[] all) => Ask(
            FuseOpcode.FUSE_BATCH_FORGET, 0,
            [
                .. InMemoryKernel.Of(new fuse_batch_forget_in { count = (uint)all.Length }),
                .. all.SelectMany(one => InMemoryKernel.Of(
                    new fuse_forget_one { nodeid = one.Node, nlookup = one.Count })),
            ]);

        /// <summary>What counts nothing on either side.</summary>
        public void Noise(SplitMix64 random)
        {
            switch (random.Below(4))
            {
                case 0:
                    Ask(FuseOpcode.FUSE_INTERRUPT, 0, new byte[8]);
                    break;
                case 1:
                    Ask(FuseOpcode.FUSE_BATCH_FORGET, 0, new byte[12]);
                    break;
                case 2:
                    Answer(MessageBuilder.Failure(_unique, Errno.EIO), Errno.None);
                    break;
                default:
                    mirror.OnRequest(random.Bytes(random.Below(50)));
                    break;
            }
        }

        private void Answer(byte[] reply, Errno taken)
        {
            mirror.OnReply(reply);
            mirror.OnSent(reply, taken);
        }
    }
}
