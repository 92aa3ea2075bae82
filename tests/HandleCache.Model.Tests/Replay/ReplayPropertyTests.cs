using FsCheck;
using FsCheck.Fluent;
using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Model.Replay;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;
using HandleCache.Tests.Shared;
using Xunit;
using static HandleCache.Model.Tests.Replay.ReplayedTrace;

namespace HandleCache.Model.Tests.Replay;

/// <summary>
/// Looking ahead changes nothing: a replay is what applying one record after the other is, and
/// what a plain dictionary says.
/// </summary>
public class ReplayPropertyTests
{
    private const int NodeIds = 40;

    [Fact]
    public void A_replay_counts_what_a_dictionary_counts()
    {
        SeededProperty.Check(
            Prop.ForAll(Walks.Steps(1500), steps =>
            {
                Reference reference = new();
                byte[] trace = Of(writer =>
                {
                    writer.Mount(1, true, []);
                    Array.ForEach(steps, step => reference.Step(writer, step));
                    writer.Figure(TraceFigure.Lookups, reference.Lookups + 1);
                    writer.End();
                });
                using TraceReplayer replayer = new(new ReplayOptions());
                TraceError error = Play(replayer, trace);
                return (!error.IsError
                    && Check(replayer,
                        TrafficChecks.ForgetNLookup).Mismatches == reference.BadForgets
                    && Check(replayer, TrafficChecks.LiveNodeIds).Mismatches
                        == reference.BadRequests
                    && Check(replayer, TrafficChecks.FinalState).Mismatches == 0
                    && Check(replayer, TrafficChecks.CacheValid).Mismatches == 0
                    && replayer.Tally.Operations == reference.Operations)
                    .Label(string.Join("; ", replayer.Checks.Select(c => c.FirstMismatch)));
            }),
            tests: 200);
    }

    [Fact]
    public void A_replay_ends_as_one_record_after_the_other_does()
    {
        SeededProperty.Check(
            Prop.ForAll(Walks.Steps(1500), steps =>
            {
                using FuseInodeCache oneByOne = new(new FuseInodeCacheOptions());
                oneByOne.MountRoot(FileModes.Directory);
                Reference reference = new(oneByOne);
                byte[] trace = Of(writer =>
                {
                    writer.Mount(1, true, []);
                    Array.ForEach(steps, step => reference.Step(writer, step));
                    CacheDigest digest = oneByOne.Digest();
                    writer.Figure(TraceFigure.StateDigest, digest.State);
                    writer.Figure(TraceFigure.HandleDigest, digest.Handles);
                    writer.End();
                });
                using TraceReplayer replayer = new(new ReplayOptions());
                return (!Play(replayer, trace).IsError
                    && Check(replayer, TrafficChecks.FinalState).Compared == 2
                    && Check(replayer, TrafficChecks.FinalState).Mismatches == 0).ToProperty();
            }),
            tests: 200);
    }

    [Theory]
    [InlineData("inline:12")]
    [InlineData("inline:4+cache:128")]
    [InlineData("static:128")]
    [InlineData("pointer")]
    [InlineData("inline-only:8")]
    [InlineData("none")]
    public void The_same_trace_gives_the_same_result_with_every_strategy(string strategy)
    {
        byte[] trace = Of(writer =>
        {
            LruTraffic traffic = new(writer, 500, "m"u8);
            for (ulong i = 0; i < 20_000; i++)
            {
                ulong id = 2 + ((i * i) % 1999);
                traffic.Access(id, 1 + (uint)(id % 2), 8 + (int)(id % 5 * 8));
            }

            traffic.End();
        });
        List<string> results = [];
        for (int run = 0; run < 2; run++)
        {
            using TraceReplayer replayer = new(
                new ReplayOptions { Strategy = HandleStrategy.Parse(strategy) });
            Assert.Equal(TraceError.None, Play(replayer, trace));
            AssertHolds(replayer);
            results.Add(string.Join(' ', replayer.Checks.Select(c => c.Compared)) + ' '
                + replayer.Tally.Created + ' ' + replayer.Tally.Refused + ' '
                + replayer.Tally.InodesPeak + ' ' + replayer.Tally.MemoryBytes + ' '
                + replayer.Tally.SpilledPeak);
            Assert.Equal(501, replayer.Tally.InodesPeak);
            Assert.Equal(20_000, replayer.Tally.Entries);
            Assert.Equal(strategy == "inline-only:8", replayer.Tally.Refused > 0);
        }

        Assert.Equal(results[0], results[1]);
    }

    /// <summary>Lookups by nodeid, and optionally a real cache, driven record by record.</summary>
    private sealed class Reference(FuseInodeCache? cache = null)
    {
        private readonly Dictionary<ulong, ulong> _held = [];

        public long Operations { get; private set; }

        public long BadForgets { get; private set; }

        public long BadRequests { get; private set; }

        public ulong Lookups => _held.Values.Aggregate(0UL, (sum, n) => sum + n);

        /// <summary>Writes what a number stands for, and does it.</summary>
        public void Step(TraceWriter writer, int step)
        {
            Operations++;
            ulong nodeId = 2 + (ulong)(step % NodeIds);
            ulong held = _held.GetValueOrDefault(nodeId);
            switch (step / NodeIds % 8)
            {
                case 0 or 1 or 2 or 3:
                    Entry(writer, nodeId, (ulong)(step / 512 % 2), step / 1024 % 40);
                    break;
                case 4:
                    writer.Request(FuseOpcode.FUSE_GETATTR, nodeId, 0, false);
                    BadRequests += held == 0 ? 1 : 0;
                    break;
                default:
                    ulong count = step / 512 % 4 == 0 ? 1 + (ulong)(step / 2048 % 3) : held;
                    count = Math.Max(1, count);
                    writer.Forget(nodeId, count, batch: step % 2 == 0, firstOfMessage: false);
                    cache?.ForgetFromWire(nodeId, count);
                    BadForgets += count > held ? 1 : 0;
                    _held[nodeId] = held - Math.Min(held, count);
                    break;
            }
        }

        private void Entry(TraceWriter writer, ulong nodeId, ulong generation, int length)
        {
            Span<byte> bytes = stackalloc byte[64];
            bytes = bytes[..length];
            bytes.Fill((byte)nodeId);
            uint type = length == 0 ? 0u : 0x81;
            _held[nodeId] = _held.GetValueOrDefault(nodeId) + 1;
            writer.Entry(FuseOpcode.FUSE_LOOKUP, nodeId, generation, 0x8000, type, bytes);
            cache?.IGet(nodeId, generation, 0x8000, new FileHandle(type, bytes));
        }
    }
}
