using HandleCache.Model.Handles;
using HandleCache.Model.Replay;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;
using Xunit;
using static HandleCache.Model.Tests.Replay.ReplayedTrace;

namespace HandleCache.Model.Tests.Replay;

/// <summary>A trace that contradicts itself is found out, at the record that does.</summary>
public class ContradictionTests
{
    /// <summary>Header 32, block head 24, mount record 4 + 1 + 4 + 1 bytes.</summary>
    private const long First = 32 + 24 + 10;

    /// <summary>An entry with a nodeid of one byte and nothing else.</summary>
    private const int EntryBytes = 5;

    private const uint File = FileModes.Regular;

    [Fact]
    public void A_forget_of_more_than_was_given_is_a_contradiction()
    {
        TraceReplayer replayer = Mount(trace =>
        {
            Look(trace, 5);
            trace.Forget(5, 2, batch: false, firstOfMessage: true);
        });
        AssertOnly(replayer, TrafficChecks.ForgetNLookup, First + EntryBytes,
            "takes 2 lookups from nodeid 5, which holds 1");
    }

    [Fact]
    public void A_forget_of_what_was_never_given_is_a_contradiction()
    {
        TraceReplayer replayer = Mount(
            trace => trace.Forget(5, 1, batch: true, firstOfMessage: true));
        AssertOnly(replayer, TrafficChecks.ForgetNLookup, First, "which holds 0");
    }

    [Fact]
    public void A_second_forget_of_the_same_is_a_contradiction_within_one_block()
    {
        TraceReplayer replayer = Mount(trace =>
        {
            Look(trace, 5);
            trace.Forget(5, 1, batch: true, firstOfMessage: true);
            trace.Forget(5, 1, batch: true, firstOfMessage: false);
        });
        AssertOnly(
            replayer, TrafficChecks.ForgetNLookup, First + EntryBytes + 6, "which holds 0");
        Assert.Equal(1, replayer.Tally.ForgetMessages);
        Assert.Equal(2, replayer.Tally.Forgets);
    }

    [Fact]
    public void A_request_for_a_forgotten_nodeid_is_a_contradiction()
    {
        TraceReplayer replayer = Mount(trace =>
        {
            Look(trace, 5);
            trace.Request(FuseOpcode.FUSE_GETATTR, 5, 0, false);
            trace.Forget(5, 1, batch: false, firstOfMessage: true);
            trace.Request(FuseOpcode.FUSE_GETATTR, 5, 0, false);
        });
        AssertOnly(replayer, TrafficChecks.LiveNodeIds, First + EntryBytes + 5 + 6,
            "FUSE_GETATTR names nodeid 5");
        Assert.Equal(2, Check(replayer, TrafficChecks.LiveNodeIds).Compared);
    }

    [Fact]
    public void The_second_nodeid_of_a_request_must_be_held_too()
    {
        TraceReplayer replayer = Mount(trace =>
        {
            Look(trace, 5);
            trace.Request(FuseOpcode.FUSE_RENAME2, 5, 9, false);
        });
        AssertOnly(replayer, TrafficChecks.LiveNodeIds, First + EntryBytes, "names nodeid 9");
    }

    [Fact]
    public void Nodeid_0_and_the_root_are_never_checked()
    {
        TraceReplayer replayer = Mount(trace =>
        {
            trace.Request(FuseOpcode.FUSE_INIT, 0, 0, false);
            trace.Request(FuseOpcode.FUSE_LOOKUP, 1, 0, false);
        });
        AssertHolds(replayer);
        Assert.Equal(0, Check(replayer, TrafficChecks.LiveNodeIds).Compared);
    }

    [Fact]
    public void A_lookup_of_an_exported_handle_may_name_what_was_forgotten()
    {
        TraceReplayer replayer = Mount(
            trace => trace.Request(FuseOpcode.FUSE_LOOKUP, 5, 0, exportLookup: true));
        AssertHolds(replayer);
        Assert.Equal(1, replayer.Tally.ExportLookups);
    }

    [Theory]
    [InlineData(8, File, "0102", 0x81u)]
    [InlineData(7, 0x4000u, "0102", 0x81u)]
    [InlineData(7, File, "0103", 0x81u)]
    [InlineData(7, File, "010200", 0x81u)]
    [InlineData(7, File, "0102", 0x82u)]
    public void Generation_type_or_handle_that_change_during_a_life_are_a_contradiction(
        ulong generation, uint mode, string handle, uint type)
    {
        void Write(TraceWriter trace)
        {
            trace.Entry(FuseOpcode.FUSE_LOOKUP, 5, 7, File, 0x81, [1, 2]);
            trace.Entry(
                FuseOpcode.FUSE_LOOKUP, 5, generation, mode, type, Convert.FromHexString(handle));
        }

        AssertOnly(
            Mount(Write), TrafficChecks.EntryIdentity, First + 4 + 1 + 1 + 4 + 2, "nodeid 5");
        TraceReplayer reusing = Mount(Write, reusesNodeIds: true);
        AssertHolds(reusing);
        Assert.Equal(1, reusing.Tally.Replaced);
        Assert.Equal(2, reusing.Tally.Created);
    }

    [Fact]
    public void The_strategy_none_keeps_no_handle_and_so_sees_no_other()
    {
        AssertHolds(Mount(
            trace =>
            {
                trace.Entry(FuseOpcode.FUSE_LOOKUP, 5, 7, File, 0x81, [1, 2]);
                trace.Entry(FuseOpcode.FUSE_LOOKUP, 5, 7, File, 0x81, [1, 3]);
            },
            strategy: HandleStrategy.None));
    }

    [Theory]
    [InlineData(TraceFigure.Inodes, 3, 2)]
    [InlineData(TraceFigure.InodesPeak, 3, 2)]
    [InlineData(TraceFigure.Lookups, 3, 2)]
    [InlineData(TraceFigure.StateDigest, 3, null)]
    [InlineData(TraceFigure.HandleDigest, 3, null)]
    public void Another_end_than_the_recorders_is_a_contradiction(
        TraceFigure figure, ulong recorded, int? replayed)
    {
        TraceReplayer replayer = Mount(trace =>
        {
            Look(trace, 5);
            trace.Figure(figure, recorded);
        });
        AssertOnly(replayer, TrafficChecks.FinalState, First + EntryBytes + 5, $"{figure}");
        string says = $"{figure} {replayed}";
        CheckCount end = Check(replayer, TrafficChecks.FinalState);
        Assert.Contains(says, end.FirstMismatch, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lookup_that_was_not_delivered_is_taken_back()
    {
        TraceReplayer replayer = Mount(trace =>
        {
            Look(trace, 5);
            Look(trace, 5);
            trace.TakeBack(5);
            trace.Forget(5, 1, batch: false, firstOfMessage: true);
            Look(trace, 6);
            trace.TakeBack(6);
            trace.Figure(TraceFigure.Inodes, 1);
            trace.Figure(TraceFigure.Lookups, 1);
        });
        AssertHolds(replayer);
        Assert.Equal(2, replayer.Tally.TakeBacks);
    }

    [Fact]
    public void A_record_outside_a_mount_and_a_mount_in_a_mount_are_no_trace()
    {
        AssertNoTrace(Of(trace => Look(trace, 5)), 56, "outside a mount");
        AssertNoTrace(
            Of(trace =>
            {
                trace.Mount(1, false, []);
                trace.Mount(1, false, []);
            }),
            56 + 5, "within mount");
        byte[] open = Of(trace => trace.Mount(1, false, []));
        AssertNoTrace(open, open.Length, "ends within a mount");
        AssertNoTrace(
            Of(trace =>
            {
                trace.Mount(1, false, []);
                trace.Figure((TraceFigure)6, 0);
            }),
            56 + 5, "figure 6");
    }

    private static void AssertNoTrace(byte[] trace, long offset, string says)
    {
        using TraceReplayer replayer = new(new ReplayOptions());
        TraceError error = Play(replayer, trace);
        Assert.Equal(TraceFault.Malformed, error.Fault);
        Assert.Equal(offset, error.Offset);
        Assert.Contains(says, error.What, StringComparison.Ordinal);
    }

    private static void Look(TraceWriter trace, ulong nodeId) =>
        trace.Entry(FuseOpcode.FUSE_LOOKUP, nodeId, 0, File, 0, []);
}
