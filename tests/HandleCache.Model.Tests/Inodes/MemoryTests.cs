using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>What inodes cost, and that operations cost no garbage.</summary>
public sealed class MemoryTests
{
    private const uint Regular = FileModes.Regular;

    [Fact]
    public void A_million_inodes_with_8_byte_handles_take_at_most_43_bytes_each()
    {
        const int Count = 1_000_000;
        using var cache = new FuseInodeCache(new());
        Span<byte> bytes = stackalloc byte[8];
        for (ulong id = 2; id < Count + 2; id++)
        {
            BitConverter.TryWriteBytes(bytes, id);
            cache.IGet(id, 1, Regular, new FileHandle(1, bytes));
        }

        // 32 of record; 5.3 to 10.7 of index; spare index arrays, once.
        Assert.InRange((double)cache.MemoryBytes / Count, 37, 43);
    }

    [Fact]
    public void A_population_of_constant_size_does_not_grow_however_many_come_and_go()
    {
        // 4 sub-tables of 4,096 buckets, full at 12 entries each.
        const int Population = 152_000;
        using var table = new InodeTable(new());
        for (ulong id = 0; id < Population; id++)
            table.Add(id, 1, Regular, default);
        long before = table.RecordsForTest.MemoryBytes;
        Assert.Equal(4 * 4096, table.IndexBucketsForTest);
        for (ulong id = 0; id < 10 * Population; id++)
        {
            // 7,919 is prime to the population: the gaps lie everywhere, not at its old end.
            ulong slot = id * 7919 % Population;
            ulong life = id / Population * Population;
            table.Remove(table.Find(life + slot));
            table.Add(life + Population + slot, 1, Regular, default);
        }

        Assert.Equal(Population, table.Count);
        Assert.Equal(before, table.RecordsForTest.MemoryBytes);
        Assert.Equal(4 * 4096, table.IndexBucketsForTest);
        Assert.Empty(table.Validate());
    }

    [Fact]
    public void Room_in_segments_that_were_full_is_used_before_new_segments()
    {
        using var table = new InodeTable(new());
        const int Count = 3 * 65536;
        for (ulong id = 1; id < Count; id++)
            table.Add(id, 1, Regular, default);
        long before = table.RecordsForTest.MemoryBytes;
        for (ulong id = 1; id < Count; id += 2)
            table.Remove(table.Find(id));
        for (ulong id = 1; id < Count; id += 2)
            table.Add(id, 1, Regular, default);

        Assert.Equal(before, table.RecordsForTest.MemoryBytes);
    }

    [Fact]
    public void Segments_emptied_by_a_mass_forget_are_released_but_for_a_few()
    {
        using var table = new InodeTable(new());
        const int Segments = 20;
        for (ulong id = 1; id < Segments * 65536; id++)
            table.Add(id, 1, Regular, default);
        long before = table.RecordsForTest.MemoryBytes;
        for (ulong id = 1; id < Segments * 65536; id++)
            table.Remove(table.Find(id));

        Assert.InRange(table.RecordsForTest.MemoryBytes, 1, before / 4);
        Assert.Equal(0, table.IndexPassedForTest);
        Assert.Empty(table.Validate());
        table.Add(5, 1, Regular, default);
        Assert.Equal(1, table.Count);
    }

    [Theory]
    [InlineData("inline:12", 8)]
    [InlineData("inline:12", 20)]
    [InlineData("pointer", 12)]
    public void Igets_forgets_and_searches_in_steady_state_allocate_nothing(
        string strategy, int handleLength)
    {
        using var cache = new FuseInodeCache(new()
        {
            Strategy = HandleStrategy.Parse(strategy),
            IndexByHandle = true,
        });
        byte[] handle = HandleBytes.Of(1, handleLength);
        Span<ForgetEntry> entries = new ForgetEntry[64];
        for (int warm = 0; warm < 2; warm++)
            Churn(cache, handle, entries, first: (ulong)warm << 40, operations: 100_000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Churn(cache, handle, entries, first: 3ul << 40, operations: 100_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Empty(cache.Validate());
    }

    /// <summary>New inodes, hits, searches, evictions, wire forgets; leaves none behind.</summary>
    private static void Churn(
        FuseInodeCache cache, byte[] handle, Span<ForgetEntry> entries, ulong first, int operations)
    {
        const int Population = 1000;
        for (int i = 0; i < operations + Population; i++)
        {
            ulong nodeId = first + (ulong)i;
            if (i < operations)
            {
                BitConverter.TryWriteBytes(handle, nodeId);
                cache.IGet(nodeId, 1, Regular, new FileHandle(1, handle));
                cache.IGet(nodeId, 1, Regular, new FileHandle(1, handle));
                if (cache.FindByHandle(new FileHandle(1, handle)).IsNone)
                    throw new InvalidOperationException("just added and not found");
            }

            if (i < Population)
                continue;
            ulong old = nodeId - Population;
            if (i % 2 == 0)
                cache.ForgetFromWire(old, 2);
            else
                cache.Evict(cache.Find(old));
            if (cache.Forgets.Count == entries.Length)
                cache.Forgets.Read(45, 8192, entries);
        }

        while (cache.Forgets.Count > 0)
            cache.Forgets.Read(45, 8192, entries);
    }
}
