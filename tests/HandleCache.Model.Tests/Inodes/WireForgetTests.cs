using HandleCache.Model.Inodes;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>
/// What an observer of the wire makes of a FORGET, and of a reply that was not taken.
/// </summary>
public sealed class WireForgetTests
{
    private const uint Regular = FileModes.Regular;
    private const uint Directory = FileModes.Directory;

    [Fact]
    public void All_that_an_inode_holds_evicts_it()
    {
        using FuseInodeCache cache = WithLookups(7, 3);

        Assert.Equal(new WireForget(WireForgetOutcome.Exact, 0, 3), cache.ForgetFromWire(7, 3));
        Assert.Equal((0, 0), (cache.Count, cache.Forgets.Count));
    }

    [Fact]
    public void Less_than_is_held_leaves_the_rest()
    {
        using FuseInodeCache cache = WithLookups(7, 3);

        Assert.Equal(new WireForget(WireForgetOutcome.Partial, 2, 3), cache.ForgetFromWire(7, 1));
        Assert.Equal(2ul, cache.Held(7));
    }

    [Fact]
    public void More_than_is_held_says_by_how_much_and_leaves_nothing()
    {
        using FuseInodeCache cache = WithLookups(7, 3);

        Assert.Equal(
            new WireForget(WireForgetOutcome.Overdrawn, 2, 3), cache.ForgetFromWire(7, 5));
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void A_nodeid_of_which_nothing_is_held_is_unknown()
    {
        using FuseInodeCache cache = WithLookups(7, 3);

        Assert.Equal(new WireForget(WireForgetOutcome.Unknown, 4, 0), cache.ForgetFromWire(8, 4));
    }

    [Fact]
    public void Forgets_of_one_batch_come_to_the_same_as_one_by_one()
    {
        // Longer than what is in flight at once; every seventh names an inode a second time,
        // every ninth one that is not there, every eleventh fewer lookups than are held.
        var entries = new ForgetEntry[2000];
        for (int i = 0; i < entries.Length; i++)
        {
            ulong nodeId = (ulong)(i % 7 == 6 ? i - 3 : i % 9 == 8 ? i + 1_000_000 : i) + 2;
            entries[i] = new(nodeId, i % 11 == 10 ? 1u : 2u);
        }

        using FuseInodeCache one = WithTwoLookupsEach(2000);
        using FuseInodeCache many = WithTwoLookupsEach(2000);
        WireForget[] expected =
            Array.ConvertAll(entries, e => one.ForgetFromWire(e.NodeId, e.NLookup));
        var results = new WireForget[entries.Length];
        many.ForgetFromWire(entries, results);

        Assert.Equal(expected, results);
        Assert.Equal(one.Count, many.Count);
        Assert.Contains(results, r => r.Outcome == WireForgetOutcome.Partial);
        Assert.Contains(results, r => r.Outcome == WireForgetOutcome.Unknown);
        Assert.Empty(many.Validate());
    }

    [Fact]
    public void A_batch_may_forget_whole_segments_of_inodes_and_then_name_them_again()
    {
        const int Count = 10 * 65536;
        using FuseInodeCache cache = WithTwoLookupsEach(Count);
        var entries = new ForgetEntry[2 * Count];
        for (int i = 0; i < entries.Length; i++)
            entries[i] = new((ulong)(i % Count) + 2, 2);
        var results = new WireForget[entries.Length];
        cache.ForgetFromWire(entries, results);

        Assert.All(results[..Count], r => Assert.Equal(WireForgetOutcome.Exact, r.Outcome));
        Assert.All(results[Count..], r => Assert.Equal(WireForgetOutcome.Unknown, r.Outcome));
        Assert.Equal(0, cache.Count);
        Assert.Empty(cache.Validate());
    }

    [Fact]
    public void Of_old_and_new_generation_the_one_that_held_as_many_goes_the_old_one_first()
    {
        using FuseInodeCache cache = WithLookups(7, 2);
        cache.IGet(7, 4, Regular);
        cache.IGet(7, 4, Regular);
        InodeIndex now = cache.IGet(7, 5, Regular).Index;

        Assert.Equal(
            new WireForget(WireForgetOutcome.OldGeneration, 0, 5), cache.ForgetFromWire(7, 2));
        Assert.Equal(
            new WireForget(WireForgetOutcome.Exact, 0, 3), cache.ForgetFromWire(7, 1));
        Assert.False(cache.Next(InodeIndex.None) == now);
        Assert.Equal(
            new WireForget(WireForgetOutcome.OldGeneration, 0, 2), cache.ForgetFromWire(7, 2));
        Assert.Equal((0, 0), (cache.Count, cache.Unhashed));
        Assert.Empty(cache.Validate());
    }

    [Fact]
    public void A_count_that_no_inode_of_the_nodeid_holds_is_taken_from_the_new_one_first()
    {
        using FuseInodeCache cache = WithLookups(7, 5);
        IGetResult result = cache.IGet(7, 4, Regular);

        Assert.Equal(new WireForget(WireForgetOutcome.Partial, 3, 6), cache.ForgetFromWire(7, 3));
        Assert.Equal(result.Old, cache.Next(InodeIndex.None));
        Assert.Equal(3ul, cache.Held(7));
        Assert.Empty(cache.Validate());
    }

    [Fact]
    public void The_root_is_never_evicted_by_a_FORGET_and_keeps_the_lookup_of_the_mount()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex root = cache.MountRoot(Directory);
        cache.IGet(1, 0, Directory);

        Assert.Equal(new WireForget(WireForgetOutcome.Partial, 0, 1), cache.ForgetFromWire(1, 1));
        Assert.Equal(
            new WireForget(WireForgetOutcome.Overdrawn, 1, 0), cache.ForgetFromWire(1, 1));
        Assert.Equal(root, cache.Find(1));
        Assert.Equal(1ul, cache.Get(root).NLookup);
    }

    [Fact]
    public void The_lookup_of_a_submount_is_forgotten_as_one()
    {
        using var cache = new FuseInodeCache(new());
        cache.IGetSubmount(7, Directory);

        Assert.Equal(
            new WireForget(WireForgetOutcome.OldGeneration, 0, 1), cache.ForgetFromWire(7, 1));
        Assert.Equal((0, 0), (cache.Count, cache.Forgets.Count));
        Assert.Empty(cache.Validate());
    }

    [Fact]
    public void A_reply_that_was_not_taken_leaves_no_trace()
    {
        using FuseInodeCache cache = WithLookups(7, 2);
        cache.TakeBack(cache.IGet(7, 3, Regular));
        Assert.Equal(2ul, cache.Held(7));

        cache.TakeBack(cache.IGet(8, 3, Regular));
        Assert.Equal(1, cache.Count);

        InodeIndex old = cache.Find(7);
        cache.TakeBack(cache.IGet(7, 4, Regular));
        Assert.Equal(old, cache.Find(7));
        Assert.False(cache.IsBad(old));
        Assert.Equal((1, 0, 2ul), (cache.Count, cache.Unhashed, cache.Held(7)));
        Assert.Equal(0, cache.Forgets.Count);
        Assert.Empty(cache.Validate());
    }

    [Fact]
    public void A_replacement_that_others_found_meanwhile_stays_when_its_reply_is_taken_back()
    {
        using FuseInodeCache cache = WithLookups(7, 2);
        IGetResult replaced = cache.IGet(7, 4, Regular);
        cache.IGet(7, 4, Regular);

        cache.TakeBack(replaced);

        Assert.Equal(replaced.Index, cache.Find(7));
        Assert.True(cache.IsBad(replaced.Old));
        Assert.Equal(3ul, cache.Held(7));
        Assert.Empty(cache.Validate());
    }

    [Fact]
    public void A_root_kept_bad_by_a_reply_that_was_not_taken_is_good_again()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex root = cache.MountRoot(Directory);

        cache.TakeBack(cache.IGet(1, 5, Directory));

        Assert.False(cache.IsBad(root));
        Assert.Equal(1ul, cache.Get(root).NLookup);
    }

    [Fact]
    public void A_batch_of_forgets_is_what_its_entries_are_one_by_one()
    {
        using FuseInodeCache one = WithLookups(7, 3);
        using FuseInodeCache batch = WithLookups(7, 3);
        var entries = new ForgetEntry[200];
        var results = new WireForget[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            ulong nodeId = 7 + (ulong)(i % 90);
            one.IGet(nodeId, 3, Regular);
            batch.IGet(nodeId, 3, Regular);
            entries[i] = new(nodeId, 1 + ((ulong)i % 4));
        }

        batch.ForgetFromWire(entries, results);

        Assert.Equal(
            Array.ConvertAll(entries, entry => one.ForgetFromWire(entry.NodeId, entry.NLookup)),
            results);
        Assert.Equal(4, results.Select(result => result.Outcome).Distinct().Count());
        Assert.Equal(one.Count, batch.Count);
        Assert.Throws<ArgumentException>(
            () => batch.ForgetFromWire(entries, results.AsSpan(1)));
    }

    private static FuseInodeCache WithTwoLookupsEach(int count)
    {
        var cache = new FuseInodeCache(new());
        for (ulong nodeId = 2; nodeId < (ulong)count + 2; nodeId++)
        {
            cache.IGet(nodeId, 1, Regular);
            cache.IGet(nodeId, 1, Regular);
        }

        return cache;
    }

    private static FuseInodeCache WithLookups(ulong nodeId, int count)
    {
        var cache = new FuseInodeCache(new());
        for (int i = 0; i < count; i++)
            cache.IGet(nodeId, 3, Regular);
        return cache;
    }
}
