using HandleCache.Model.Replay;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;
using Xunit;
using static HandleCache.Model.Tests.Replay.ReplayedTrace;

namespace HandleCache.Model.Tests.Replay;

/// <summary>One trace, and the servers of two ways to take lookups back.</summary>
public sealed class CountingSchemesTests
{
    /// <summary>Header 32, block head 24, mount record 4 + 1 + 4 + 1 bytes.</summary>
    private const long First = 32 + 24 + 10;

    /// <summary>An entry with a nodeid of one byte and nothing else.</summary>
    private const int EntryBytes = 5;

    [Fact]
    public void FORGETs_that_take_all_lookups_are_the_same_for_both()
    {
        CountingSchemes counting = Play(trace =>
        {
            Look(trace, 5);
            Look(trace, 5);
            Look(trace, 6);
            Forget(trace, 5, 2);
            Look(trace, 5);
            Ask(trace, 5);
            Forget(trace, 5, 1);
            Forget(trace, 6, 1);
        });
        Assert.True(counting.Agrees);
        Assert.Equal((3, 0, 0), (counting.Forgets, counting.Differing, counting.StaleRequests));
        Assert.Null(counting.First);
    }

    [Fact]
    public void A_FORGET_overtaken_by_a_reply_is_told_at_its_byte_with_what_it_breaks()
    {
        // Evicted with one lookup; before its FORGET is read the name is looked up again.
        CountingSchemes counting = Play(trace =>
        {
            Look(trace, 5);
            Look(trace, 5);
            Forget(trace, 5, 1);
            Ask(trace, 5);
            Ask(trace, 5);
            Look(trace, 5);
            Ask(trace, 5);
            Forget(trace, 5, 2);
        });
        Assert.False(counting.Agrees);
        Assert.Equal((2, 1, 2), (counting.Forgets, counting.Differing, counting.StaleRequests));
        Assert.Equal(1, counting.TakingOne);
        Assert.Equal(First + (2 * EntryBytes), counting.FirstOffset);
        Assert.Equal(
            $"byte {First + (2 * EntryBytes)}: FORGET takes 1 of 2 lookups of nodeid 5: a server "
                + "that counts keeps 1, one that has one per life forgets it", counting.First);
    }

    [Fact]
    public void Two_generations_of_a_nodeid_are_one_to_a_server_without_counts()
    {
        CountingSchemes counting = Play(
            trace =>
            {
                Look(trace, 5);
                trace.Entry(FuseOpcode.FUSE_LOOKUP, 5, 9, FileModes.Regular, 0, default);
                Forget(trace, 5, 1);
            },
            reusesNodeIds: true);
        Assert.Equal(1, counting.Differing);
    }

    [Fact]
    public void A_FORGET_of_more_than_one_is_told_apart_for_it_can_only_be_an_evictions()
    {
        CountingSchemes counting = Play(trace =>
        {
            Look(trace, 5);
            Look(trace, 5);
            Look(trace, 5);
            Forget(trace, 5, 2);
        });
        Assert.Equal((1, 0), (counting.Differing, counting.TakingOne));
    }

    [Fact]
    public void A_reply_that_nobody_took_makes_no_difference()
    {
        CountingSchemes counting = Play(trace =>
        {
            Look(trace, 5);
            Look(trace, 5);
            trace.TakeBack(5);
            Forget(trace, 5, 1);
        });
        Assert.True(counting.Agrees);
    }

    private static CountingSchemes Play(Action<TraceWriter> write, bool reusesNodeIds = false) =>
        Mount(write, reusesNodeIds).Counting;

    private static void Look(TraceWriter trace, ulong nodeId) =>
        trace.Entry(FuseOpcode.FUSE_LOOKUP, nodeId, 0, FileModes.Regular, 0, default);

    private static void Ask(TraceWriter trace, ulong nodeId) =>
        trace.Request(FuseOpcode.FUSE_GETATTR, nodeId, 0, false);

    private static void Forget(TraceWriter trace, ulong nodeId, ulong nlookup) =>
        trace.Forget(nodeId, nlookup, batch: false, firstOfMessage: true);
}
