using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>Checkpoints of the inode cache, of more than one segment and sub-table.</summary>
public class CopyTests
{
    private const int Inodes = 140_000;

    [Theory]
    [InlineData("inline:12")]
    [InlineData("static:128")]
    [InlineData("none")]
    public void A_copy_holds_the_same_and_neither_cache_changes_the_other(string strategy)
    {
        using FuseInodeCache cache = new(new()
        {
            Strategy = HandleStrategy.Parse(strategy),
            IndexByHandle = true,
        });
        cache.MountRoot(FileModes.Directory);
        cache.IGetSubmount(7, FileModes.Directory);
        for (int i = 0; i < 70_000; i++)
            cache.IGet(2, 1, FileModes.Regular);
        Change(cache, new SplitMix64(1), Inodes);
        CacheDigest begin = cache.Digest();
        using FuseInodeCache copy = cache.Copy();
        Assert.Equal(begin, copy.Digest());
        Assert.Empty(copy.Validate());
        Assert.Equal(
            cache.Forgets.LookupsQueued, copy.Forgets.LookupsQueued);

        Change(cache, new SplitMix64(2), 20_000);
        CacheDigest end = cache.Digest();
        Assert.NotEqual(begin, end);
        Assert.Equal(begin, copy.Digest());
        Change(copy, new SplitMix64(2), 20_000);
        Assert.Equal(end, copy.Digest());
        Assert.Equal(end, cache.Digest());
        Assert.Equal(cache.EvictCtr, copy.EvictCtr);
        Assert.Equal(Indexes(cache), Indexes(copy));
        Assert.Empty(copy.Validate());
        Assert.Empty(cache.Validate());
    }

    [Fact]
    public void Memory_that_a_copy_gave_back_serves_one_copy_at_a_time()
    {
        using FuseInodeCache cache = Small(seed: 1);
        CacheDigest begin = cache.Digest();
        FuseInodeCache first = cache.Copy();
        Change(first, new SplitMix64(2), 100);
        first.Dispose();
        first.Dispose();

        // Two behind one: a piece that was given back twice would serve both.
        using FuseInodeCache second = cache.Copy();
        using FuseInodeCache third = cache.Copy();
        Assert.Equal(begin, second.Digest());
        Change(second, new SplitMix64(3), 100);
        CacheDigest changed = second.Digest();
        Assert.Equal(begin, third.Digest());
        Change(third, new SplitMix64(4), 100);
        Assert.Equal(changed, second.Digest());
        Assert.Equal(begin, cache.Digest());
        foreach (FuseInodeCache one in new[] { cache, second, third })
            Assert.Empty(one.Validate());
    }

    [Fact]
    public void A_copied_queue_gives_the_same_forgets_in_the_same_turns()
    {
        ForgetQueue queue = new();
        for (ulong i = 1; i <= 3000; i++)
            queue.Enqueue(i, i);
        Take(queue, 700);
        ForgetQueue copy = queue.Copy();
        queue.Enqueue(1, 1);
        Assert.Equal(queue.Count - 1, copy.Count);
        copy.Enqueue(1, 1);
        Assert.Equal(Take(queue, 3000), Take(copy, 3000));
        Assert.Equal(0, copy.Count);
        Assert.Empty(copy.Validate());
    }

    /// <summary>A hundred changes; most handles spill.</summary>
    private static FuseInodeCache Small(ulong seed)
    {
        FuseInodeCache cache = new(new()
        {
            Strategy = HandleStrategy.Parse("inline:12"),
            IndexByHandle = true,
        });
        cache.MountRoot(FileModes.Directory);
        Change(cache, new SplitMix64(seed), 100);
        return cache;
    }

    private static List<string> Take(ForgetQueue queue, int turns)
    {
        ForgetEntry[] entries = new ForgetEntry[2];
        List<string> taken = [];
        for (int i = 0; i < turns; i++)
        {
            ForgetTurn turn = queue.NextTurn(false, requestPending: true);
            int count = turn == ForgetTurn.Forget
                ? queue.Read(45, ForgetQueue.MinReadBufferBytes, entries)
                : 0;
            taken.Add($"{turn} {string.Join(' ', entries[..count])}");
        }

        return taken;
    }

    /// <summary>Igets of new and known nodeids, replacements and evictions.</summary>
    private static void Change(FuseInodeCache cache, SplitMix64 random, int steps)
    {
        byte[] handle = new byte[64];
        for (int i = 0; i < steps; i++)
        {
            ulong nodeId = 2 + (ulong)random.Below(Inodes);
            handle[0] = (byte)nodeId;
            ulong generation = random.OneIn(50) ? 2ul : 1;
            InodeIndex inode = cache.IGet(
                nodeId, generation, FileModes.Regular,
                new FileHandle(0x81, handle.AsSpan(0, (int)(nodeId % 33)))).Index;
            if (random.OneIn(9))
                cache.Evict(inode);
        }
    }

    private static List<uint> Indexes(FuseInodeCache cache)
    {
        List<uint> all = [];
        for (InodeIndex at = cache.Next(InodeIndex.None); !at.IsNone; at = cache.Next(at))
            all.Add(at.Value);
        return all;
    }
}
