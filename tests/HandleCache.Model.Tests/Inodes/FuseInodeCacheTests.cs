using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>Rules R1 and R2 of RULES.md, case by case.</summary>
public sealed class FuseInodeCacheTests
{
    private const uint Regular = FileModes.Regular;
    private const uint Directory = FileModes.Directory;

    [Fact]
    public void The_first_iget_of_a_nodeid_makes_an_inode_with_one_lookup()
    {
        using var cache = new FuseInodeCache(new());

        IGetResult result = cache.IGet(
            7, 3, Regular | FileModes.Octal755, HandleBytes.HandleOf(7, 8));

        Assert.Equal(IGetOutcome.New, result.Outcome);
        InodeInfo inode = cache.Get(result.Index);
        Assert.Equal((7ul, 3u, Regular, 1ul),
            (inode.NodeId, inode.Generation, inode.FileType, inode.NLookup));
        Assert.True(inode.Handle == HandleBytes.HandleOf(7, 8));
    }

    [Fact]
    public void Each_iget_of_the_same_inode_counts_one_lookup()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex first = cache.IGet(7, 3, Regular).Index;

        Assert.Equal(
            new IGetResult(first, IGetOutcome.Hit), cache.IGet(7, 3, Regular | FileModes.Octal777));
        Assert.Equal(2ul, cache.Held(7));
        Assert.Equal(1, cache.Count);
    }

    [Theory]
    [InlineData(4, Regular)]
    [InlineData(3, Directory)]
    public void Another_generation_or_type_makes_the_old_inode_bad_and_a_new_one_beside_it(
        ulong generation, uint mode)
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex old = cache.IGet(7, 3, Regular).Index;
        cache.IGet(7, 3, Regular);

        IGetResult result = cache.IGet(7, generation, mode);

        Assert.Equal(IGetOutcome.Replaced, result.Outcome);
        Assert.Equal(old, result.Old);
        Assert.True(cache.IsBad(old));
        Assert.False(cache.IsBad(result.Index));
        Assert.Equal(result.Index, cache.Find(7));
        Assert.Equal((2, 1), (cache.Count, cache.Unhashed));
        Assert.Equal(3ul, cache.Held(7));
        Assert.Empty(cache.Validate());
    }

    [Fact]
    public void Generations_are_compared_as_32_bits()
    {
        using var cache = new FuseInodeCache(new());
        cache.IGet(7, 3, Regular);

        Assert.Equal(IGetOutcome.Hit, cache.IGet(7, (5ul << 32) | 3, Regular).Outcome);
    }

    [Fact]
    public void Igets_with_their_search_done_ahead_come_to_the_same_as_one_by_one()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex old = cache.IGet(7, 3, Regular).Index;
        var found = new InodeIndex[4];
        cache.FindMany([7, 7, 7, 8], found);
        Assert.Equal([old, old, old, InodeIndex.None], found);

        Assert.Equal(
            new IGetResult(old, IGetOutcome.Hit), cache.IGet(found[0], 7, 3, Regular, default));
        IGetResult replaced = cache.IGet(found[1], 7, 4, Regular, default);
        Assert.Equal((IGetOutcome.Replaced, old), (replaced.Outcome, replaced.Old));
        IGetResult again = cache.IGet(found[2], 7, 3, Regular, default);
        Assert.Equal(
            (IGetOutcome.Replaced, replaced.Index), (again.Outcome, again.Old));
        Assert.Equal(IGetOutcome.New, cache.IGet(found[3], 8, 1, Regular, default).Outcome);
        Assert.Equal(4ul, cache.Held(7));
        Assert.Empty(cache.Validate());
    }

    [Theory]
    [InlineData(8, 8, 8, IGetOutcome.Replaced)]
    [InlineData(7, 8, 12, IGetOutcome.Replaced)]
    [InlineData(7, 20, 20, IGetOutcome.Hit)]
    [InlineData(8, 20, 20, IGetOutcome.Replaced)]
    [InlineData(7, 12, 12, IGetOutcome.Hit)]
    public void Another_handle_means_another_inode(
        ulong file, int oldLength, int newLength, IGetOutcome expected)
    {
        using var cache = new FuseInodeCache(new());
        cache.IGet(7, 3, Regular, HandleBytes.HandleOf(7, oldLength));

        Assert.Equal(
            expected, cache.IGet(7, 3, Regular, HandleBytes.HandleOf(file, newLength)).Outcome);
    }

    [Fact]
    public void Another_handle_type_means_another_inode()
    {
        using var cache = new FuseInodeCache(new());
        byte[] bytes = HandleBytes.Of(7, 8);
        cache.IGet(7, 3, Regular, new FileHandle(0x81, bytes));

        Assert.Equal(
            IGetOutcome.Replaced,
            cache.IGet(7, 3, Regular, new FileHandle(0x10081, bytes)).Outcome);
    }

    [Fact]
    public void A_reply_without_a_handle_says_nothing_about_it()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex index = cache.IGet(7, 3, Regular, HandleBytes.HandleOf(7, 8)).Index;

        Assert.Equal(IGetOutcome.Hit, cache.IGet(7, 3, Regular).Outcome);
        Assert.True(cache.Get(index).Handle == HandleBytes.HandleOf(7, 8));
    }

    [Fact]
    public void An_inode_without_a_handle_takes_the_first_it_is_given()
    {
        using var cache = new FuseInodeCache(new() { IndexByHandle = true });
        cache.MountRoot(Directory);

        IGetResult result = cache.IGet(1, 0, Directory, HandleBytes.HandleOf(1, 20));

        Assert.Equal((cache.Root, IGetOutcome.Hit), (result.Index, result.Outcome));
        Assert.Equal(cache.Root, cache.FindByHandle(HandleBytes.HandleOf(1, 20)));
        Assert.Equal(1, cache.Spilled);
        Assert.Empty(cache.Validate());
    }

    [Fact]
    public void A_handle_that_is_too_long_is_refused_and_nothing_changes()
    {
        using var cache = new FuseInodeCache(new()
        {
            Strategy = HandleStrategy.InlineOnly(12),
        });
        cache.IGet(7, 3, Regular, HandleBytes.HandleOf(7, 12));

        IGetResult refused = cache.IGet(7, 3, Regular, HandleBytes.HandleOf(7, 13));
        IGetResult refusedNew = cache.IGet(8, 3, Regular, HandleBytes.HandleOf(8, 13));

        Assert.Equal(new IGetResult(InodeIndex.None, IGetOutcome.HandleRefused), refused);
        Assert.Equal(IGetOutcome.HandleRefused, refusedNew.Outcome);
        Assert.Equal((1, 0, 1ul), (cache.Count, cache.Unhashed, cache.Held(7)));
    }

    [Fact]
    public void The_root_is_kept_bad_when_its_generation_or_type_changes_and_still_counts()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex root = cache.MountRoot(Directory);

        Assert.Equal(
            new IGetResult(root, IGetOutcome.RootKept), cache.IGet(1, 9, Directory));
        Assert.True(cache.IsBad(root));
        Assert.Equal(root, cache.Find(1));
        Assert.Equal(2ul, cache.Get(root).NLookup);
        Assert.Equal(1ul, cache.Held(1));
    }

    [Fact]
    public void A_bad_inode_that_is_still_hashed_is_found_and_counted()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex index = cache.IGet(7, 3, Regular).Index;
        cache.MakeBad(index);

        Assert.Equal(new IGetResult(index, IGetOutcome.Hit), cache.IGet(7, 3, Regular));
        Assert.True(cache.IsBad(index));
    }

    [Fact]
    public void Evicting_queues_a_FORGET_of_all_lookups_and_counts_where_a_link_was_left()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex index = cache.IGet(7, 3, Regular).Index;
        cache.IGet(7, 3, Regular);
        InodeIndex unlinked = cache.IGet(8, 3, Regular).Index;

        cache.Evict(index);
        cache.Evict(unlinked, linked: false);

        Assert.Equal([new(7, 2), new(8, 1)], Queued(cache));
        Assert.Equal(1ul, cache.EvictCtr);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void An_inode_without_lookups_is_evicted_without_a_FORGET()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex index = cache.IGet(7, 3, Regular).Index;
        cache.DropLookup(index);

        cache.Evict(index);

        Assert.Empty(Queued(cache));
    }

    [Fact]
    public void Old_and_new_inode_of_a_nodeid_each_forget_their_own_lookups()
    {
        using var cache = new FuseInodeCache(new());
        cache.IGet(7, 3, Regular);
        cache.IGet(7, 3, Regular);
        IGetResult result = cache.IGet(7, 4, Regular);

        cache.Evict(result.Old);
        cache.Evict(result.Index);

        Assert.Equal([new(7, 2), new(7, 1)], Queued(cache));
        Assert.Equal(0, cache.Unhashed);
    }

    [Fact]
    public void The_root_is_not_evicted_while_mounted_and_unmounting_forgets_nothing()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex root = cache.MountRoot(Directory);
        cache.IGet(7, 3, Regular);
        Assert.Throws<InvalidOperationException>(() => cache.Evict(root));

        cache.Unmount();

        Assert.Equal((0, 0, 0ul), (cache.Count, cache.Forgets.Count, cache.EvictCtr));
        Assert.Empty(cache.Validate());
    }

    [Fact]
    public void A_submount_is_a_new_unhashed_inode_whose_lookup_its_last_sharer_forgets()
    {
        using var cache = new FuseInodeCache(new());
        cache.IGet(7, 3, Directory);
        IGetResult first = cache.IGetSubmount(7, Directory);
        IGetResult second = cache.IGetSubmount(7, Directory);
        Assert.NotEqual(first.Index, second.Index);
        Assert.Equal(0ul, cache.Get(first.Index).NLookup);
        Assert.Equal(3ul, cache.Held(7));
        SubmountLookup shared = cache.SubmountOf(first.Index);
        shared.Share();
        Assert.Empty(cache.Validate());

        cache.Evict(first.Index);
        Assert.Equal(0, cache.Forgets.Count);
        cache.EvictSubmountRoot(shared);
        Assert.Equal([new(7, 1)], Queued(cache));
        cache.Evict(second.Index);
        Assert.Equal([new(7, 1)], Queued(cache));
    }

    private static ForgetEntry[] Queued(FuseInodeCache cache)
    {
        var entries = new ForgetEntry[100];
        int count = cache.Forgets.Count == 0 ? 0 : cache.Forgets.Read(45, 8192, entries);
        return entries[..count];
    }
}
