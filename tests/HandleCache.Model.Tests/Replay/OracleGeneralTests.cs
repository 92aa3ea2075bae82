using HandleCache.Model.Replay;
using HandleCache.Protocol.Traces;
using Xunit;

namespace HandleCache.Model.Tests.Replay;

/// <summary>
/// libCacheSim's oracleGeneral: u32 time, u64 id, u32 size, i64 next access; files typed in bytes.
/// </summary>
public class OracleGeneralTests
{
    private const string Never = "ffffffffffffffff";

    [Fact]
    public void Accesses_become_lookups_hits_and_forgets_at_the_bound()
    {
        // Ids 0xa1, 0xa2, 0xa1, 0xa3 with two inodes: 0xa2 is the least recently used of the two.
        (List<Seen> seen, TraceError error) = Play(
            bound: 2,
            "01000000" + "a100000000000000" + "00000000" + "0200000000000000",
            "01000000" + "a200000000000000" + "00100000" + Never,
            "02000000" + "a100000000000000" + "00000001" + Never,
            "03000000" + "a300000000000000" + "ffffffff" + "ffffffffffffff7f");
        Assert.Equal(TraceError.None, error);
        Assert.Equal(
            [
                new(TraceRecordKind.Mount, 1, 0, 0, 0),
                new(TraceRecordKind.Entry, 0xa1, 0, 0x1, 8),
                new(TraceRecordKind.Entry, 0xa2, 0, 0x81, 12),
                new(TraceRecordKind.Entry, 0xa1, 0, 0x1, 8),
                new(TraceRecordKind.Forget, 0xa2, 1, 0, 0),
                new(TraceRecordKind.Entry, 0xa3, 0, 32, 128),
                new(TraceRecordKind.Figure, 0, 3, 0, 0),
                new(TraceRecordKind.Figure, 0, 3, 0, 0),
                new(TraceRecordKind.Figure, 0, 4, 0, 0),
                new(TraceRecordKind.End, 0, 0, 0, 0),
            ],
            seen);
    }

    [Fact]
    public void Ids_0_and_1_are_moved_out_of_the_way_of_no_inode_and_the_root()
    {
        (List<Seen> seen, _) = Play(
            bound: 8,
            "00000000" + "0000000000000000" + "00000000" + Never,
            "00000000" + "0100000000000000" + "00000000" + Never);
        Assert.Equal(
            [ulong.MaxValue - 1, ulong.MaxValue],
            seen.Where(s => s.Kind == TraceRecordKind.Entry).Select(s => s.NodeId));
    }

    [Theory]
    [InlineData("feffffffffffffff")]
    [InlineData("ffffffffffffffff")]
    public void An_id_where_those_are_put_is_refused_with_its_offset(string id)
    {
        (_, TraceError error) = Play(
            bound: 8,
            "00000000" + "0500000000000000" + "00000000" + Never,
            "00000000" + id + "00000000" + Never);
        Assert.Equal(TraceFault.Malformed, error.Fault);
        Assert.Equal(24 + 4, error.Offset);
    }

    [Theory]
    [InlineData("00000000", 8)]
    [InlineData("ff0f0000", 8)] // 4 KiB - 1
    [InlineData("00100000", 12)] // 4 KiB
    [InlineData("00400000", 16)]
    [InlineData("00000100", 20)]
    [InlineData("00000400", 24)]
    [InlineData("00001000", 32)]
    [InlineData("00004000", 44)]
    [InlineData("00000001", 52)]
    [InlineData("00000004", 80)]
    [InlineData("00000010", 128)] // 256 MiB
    [InlineData("ffffffff", 128)]
    public void The_size_picks_the_length_of_the_handle(string size, int bytes)
    {
        (List<Seen> seen, _) = Play(
            bound: 8, "00000000" + "0500000000000000" + size + Never);
        Assert.Equal(bytes, seen.Single(s => s.Kind == TraceRecordKind.Entry).HandleBytes);
    }

    [Fact]
    public void A_shrink_frees_an_eighth_of_a_small_cache_in_one_batch()
    {
        byte[] trace = ReplayedTrace.Of(writer =>
        {
            LruTraffic traffic = new(writer, 80, "m"u8);
            for (ulong id = 2; id < 2 + 81; id++)
                traffic.Access(id, 1, 8);
            Assert.Equal(10, traffic.Forgets);
            Assert.Equal(71, traffic.Cached);
            traffic.End();
        });
        using TraceReplayer replayer = new(new ReplayOptions());
        ReplayedTrace.Play(replayer, trace);
        ReplayedTrace.AssertHolds(replayer);
        Assert.Equal(1, replayer.Tally.ForgetMessages);
        Assert.Equal(10, replayer.Tally.Forgets);
        Assert.Equal(81, replayer.Tally.InodesPeak);
        Assert.Equal(72, replayer.Tally.InodesAtEnd);
    }

    [Fact]
    public void The_lru_forgets_in_the_order_of_last_use()
    {
        List<ulong> model = [];
        ulong state = 12345;
        byte[] trace = ReplayedTrace.Of(writer =>
        {
            LruTraffic traffic = new(writer, 7, "m"u8);
            for (int i = 0; i < 5000; i++)
            {
                state = (state * 6364136223846793005) + 1442695040888963407;
                ulong id = 2 + ((state >> 33) % 12);
                bool hit = model.Remove(id);
                if (!hit && model.Count == 7)
                    model.RemoveAt(0);
                model.Add(id);
                if (!hit || i % 2 == 0)
                    traffic.Access(id, 1, 8);
                else
                    Assert.True(traffic.TryGetAttributes(id));
                Assert.False(traffic.TryGetAttributes(99));
                Assert.Equal(model.Count, traffic.Cached);
            }

            traffic.End();
        });

        // A nodeid that the list lost and the traffic did not would make a request unfounded.
        using TraceReplayer replayer = new(new ReplayOptions());
        Assert.Equal(TraceError.None, ReplayedTrace.Play(replayer, trace));
        ReplayedTrace.AssertHolds(replayer);
        Assert.True(replayer.Tally.Requests > 1000);
    }

    [Fact]
    public void A_time_that_goes_back_is_no_trace_of_this_format()
    {
        (List<Seen> seen, TraceError error) = Play(
            10,
            "07000000 0500000000000000 00100000 ffffffffffffffff".Replace(" ", ""),
            "06000000 0600000000000000 00100000 ffffffffffffffff".Replace(" ", ""));

        Assert.Equal(TraceFault.Malformed, error.Fault);
        Assert.Equal(24, error.Offset);
        Assert.Contains("goes back from 7 to 6", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(seen, s => s.NodeId == 5);
        Assert.DoesNotContain(seen, s => s.NodeId == 6);
    }

    [Theory]
    [InlineData("0000000000000000", true)] // not known
    [InlineData("ffffffffffffffff", true)] // none
    [InlineData("feffffffffffffff", true)]
    [InlineData("0200000000000000", true)]
    [InlineData("ffffffffffffff7f", true)]
    [InlineData("0100000000000000", false)]
    public void The_next_access_is_after_this_one(string next, bool holds)
    {
        (_, TraceError error) = Play(
            10,
            "000000000500000000000000001000000200000000000000",
            "00000000060000000000000000100000" + next);

        Assert.Equal(holds ? TraceFault.None : TraceFault.Malformed, error.Fault);
        Assert.Equal(holds ? 0 : 40, error.Offset);
    }

    private static (List<Seen> Seen, TraceError Error) Play(int bound, params string[] records)
    {
        TraceError error = default;
        byte[] trace = ReplayedTrace.Of(writer =>
        {
            LruTraffic traffic = new(writer, bound, []);
            uint time = 0;
            error = OracleGeneral.Play(
                Convert.FromHexString(string.Concat(records)), 0, ref time, traffic);
            traffic.End();
        });
        List<Seen> seen = [];
        TraceWalk walk = new();
        while (walk.Next(trace.AsSpan((int)walk.Offset), true, out TraceBlock block)
            is var step && step != TraceStep.End)
        {
            Assert.NotEqual(TraceStep.Refused, step);
            if (step == TraceStep.Header)
                continue;
            TraceRecordReader reader = block.Reader;
            while (reader.TryNext(out TraceRecord record))
            {
                uint type = record.Handle(block.Payload, out ReadOnlySpan<byte> handle);
                seen.Add(new Seen(record.Kind, record.NodeId, record.Value, type, handle.Length));
            }
        }

        return (seen, error);
    }

    private sealed record Seen(
        TraceRecordKind Kind, ulong NodeId, ulong Value, uint HandleType, int HandleBytes);
}
