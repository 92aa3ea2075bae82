using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>
/// iget counts a cached inode only where nodeid, generation, type and handle are all the same, to
/// the bit (R1; the handle as of RFC v2, PROPOSALS.md), whichever way it compares.
/// </summary>
public class PlainHitTests
{
    private const ulong NodeId = 0x0123_4567_89AB_CDEF;
    private const ulong Generation = 0x89AB_CDEF;
    private const uint Regular = FileModes.Regular;
    private const uint HandleType = 0x81;

    public static TheoryData<string, int> Storage()
    {
        TheoryData<string, int> rows = [];
        foreach (string strategy in new[]
            { "inline:12", "inline:40", "inline:0", "static:128", "pointer",
                "inline:12+cache:128" })
        {
            foreach (int bytes in new[] { 4, 7, 8, 9, 11, 12, 13, 20, 128 })
                rows.Add(strategy, bytes);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Storage))]
    public void The_same_inode_is_a_hit_as_often_as_it_comes(string strategy, int bytes)
    {
        using FuseInodeCache cache = CacheWithOne(strategy, bytes, out InodeIndex index);
        for (uint lookups = 2; lookups < 70_000; lookups++)
        {
            IGetResult result = cache.IGet(
                NodeId, Generation, Regular | FileModes.Octal644, new(HandleType, Handle(bytes)));
            if (result.Index != index || result.Outcome != IGetOutcome.Hit)
                Assert.Fail($"lookup {lookups}: {result.Outcome}");
        }

        Assert.Equal(69_999u, cache.Held(NodeId));
    }

    [Theory]
    [MemberData(nameof(Storage))]
    public void One_bit_of_the_handle_makes_another_inode(string strategy, int bytes)
    {
        for (int bit = 0; bit < bytes * 8; bit++)
        {
            byte[] other = Handle(bytes);
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertReplaced(strategy, bytes, Generation, Regular, new(HandleType, other));
        }
    }

    [Theory]
    [MemberData(nameof(Storage))]
    public void A_longer_or_shorter_handle_makes_another_inode(string strategy, int bytes)
    {
        // The same bytes, and zeros behind them where the buffer has zeros.
        for (int length = 1; length <= 128; length++)
        {
            if (length == bytes)
                continue;
            byte[] other = new byte[length];
            Handle(bytes).AsSpan(0, Math.Min(length, bytes)).CopyTo(other);
            AssertReplaced(strategy, bytes, Generation, Regular, new(HandleType, other));
        }
    }

    [Theory]
    [MemberData(nameof(Storage))]
    public void Another_generation_type_or_handle_type_makes_another_inode(
        string strategy, int bytes)
    {
        for (int bit = 0; bit < 32; bit++)
        {
            AssertReplaced(
                strategy, bytes, Generation ^ (1ul << bit), Regular,
                new(HandleType, Handle(bytes)));
            AssertReplaced(
                strategy, bytes, Generation, Regular,
                new(HandleType ^ (1u << bit), Handle(bytes)));
        }

        foreach (uint type in new uint[] { 0x4000, 0xA000, 0x2000, 0x6000, 0x1000, 0xC000 })
            AssertReplaced(strategy, bytes, Generation, type, new(HandleType, Handle(bytes)));
    }

    [Theory]
    [MemberData(nameof(Storage))]
    public void Of_the_generation_the_upper_half_does_not_count(string strategy, int bytes)
    {
        using FuseInodeCache cache = CacheWithOne(strategy, bytes, out _);
        Assert.Equal(
            IGetOutcome.Hit,
            cache.IGet(
                NodeId, Generation | (7ul << 32), Regular, new(HandleType, Handle(bytes))).Outcome);
    }

    [Theory]
    [MemberData(nameof(Storage))]
    public void One_bit_of_the_nodeid_is_another_nodeid(string strategy, int bytes)
    {
        for (int bit = 0; bit < 64; bit++)
        {
            using FuseInodeCache cache = CacheWithOne(strategy, bytes, out InodeIndex index);
            IGetResult result = cache.IGet(
                NodeId ^ (1ul << bit), Generation, Regular, new(HandleType, Handle(bytes)));
            Assert.Equal(IGetOutcome.New, result.Outcome);
            Assert.NotEqual(index, result.Index);
        }
    }

    private static void AssertReplaced(
        string strategy, int bytes, ulong generation, uint mode, in FileHandle handle)
    {
        using FuseInodeCache cache = CacheWithOne(strategy, bytes, out InodeIndex index);
        IGetResult result = cache.IGet(NodeId, generation, mode, handle);
        Assert.Equal(IGetOutcome.Replaced, result.Outcome);
        Assert.NotEqual(index, result.Index);
        Assert.True(cache.IsBad(index));
        Assert.Empty(cache.Validate());
    }

    private static FuseInodeCache CacheWithOne(string strategy, int bytes, out InodeIndex index)
    {
        FuseInodeCache cache = new(
            new FuseInodeCacheOptions { Strategy = HandleStrategy.Parse(strategy) });
        index = cache.IGet(NodeId, Generation, Regular, new(HandleType, Handle(bytes))).Index;
        return cache;
    }

    private static byte[] Handle(int bytes) =>
        [.. Enumerable.Range(0, bytes).Select(i => (byte)(0x5A ^ (i * 37)))];
}
