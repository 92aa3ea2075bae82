using FsCheck.Fluent;
using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

public sealed class InodeTableTests
{
    private const uint Regular = FileModes.Regular;

    [Theory]
    [InlineData("inline:12", 32)]
    [InlineData("inline:8", 32)]
    [InlineData("inline:20", 40)]
    [InlineData("inline-only:12", 32)]
    [InlineData("inline-only:13", 36)]
    [InlineData("pointer", 32)]
    [InlineData("static:128", 148)]
    [InlineData("none", 20)]
    public void A_record_is_20_bytes_and_its_buffer_rounded_up_to_4(string strategy, int bytes)
    {
        using InodeTable table = NewTable(strategy);

        Assert.Equal(bytes, table.RecordBytes);
    }

    [Fact]
    public void NLookup_counts_on_beyond_16_and_beyond_32_bits()
    {
        using InodeTable table = NewTable("inline:12");
        InodeIndex index = table.Add(9, 1, Regular, default);
        table.AddLookups(index, ushort.MaxValue);
        table.CountLookup(index, table.At(index));
        Assert.Equal(1ul << 16, table.NLookup(index));
        table.AddLookups(index, uint.MaxValue - (1ul << 16));
        table.CountLookup(index, table.At(index));
        Assert.Equal(1ul << 32, table.NLookup(index));
        table.AddLookups(index, 1ul << 40);
        Assert.Equal((1ul << 40) + (1ul << 32), table.NLookup(index));
        Assert.Empty(table.Validate());
        table.DropLookups(index, (1ul << 40) + 1);
        Assert.Equal(uint.MaxValue, table.NLookup(index));
        Assert.Empty(table.Validate());
        Assert.Throws<InvalidOperationException>(() => table.DropLookups(index, 1ul << 32));
    }

    [Fact]
    public void A_walk_of_full_half_empty_and_released_segments_meets_each_record_once()
    {
        using InodeTable table = NewTable("inline:12");
        SortedSet<uint> live = [];
        for (ulong nodeId = 1; nodeId <= 200_000; nodeId++)
            live.Add(table.Add(nodeId, 1, Regular, default).Value);
        foreach (uint record in live.Where(record => record is > 65_000 and < 140_000
            || record % 3 == 0).ToList())
        {
            table.Remove(new(record));
            live.Remove(record);
        }

        List<uint> met = [];
        for (InodeIndex i = table.Next(InodeIndex.None); !i.IsNone; i = table.Next(i))
            met.Add(i.Value);

        Assert.Equal(live, met);
    }

    [Fact]
    public void A_record_that_is_not_in_use_is_refused()
    {
        using InodeTable table = NewTable("inline:12");
        InodeIndex index = table.Add(9, 1, Regular, default);
        table.Remove(index);

        Assert.Throws<InvalidOperationException>(() => table.Remove(index));
        Assert.Throws<InvalidOperationException>(() => table.Remove(InodeIndex.None));
        Assert.Throws<InvalidOperationException>(() => table.NodeId(new InodeIndex(1 << 20)));
    }

    [Fact]
    public void A_handle_longer_than_the_strategy_takes_is_refused_and_nothing_added()
    {
        using InodeTable table = NewTable("inline-only:12");

        Assert.True(table.Add(9, 1, Regular, HandleBytes.HandleOf(1, 13)).IsNone);
        Assert.False(table.Add(9, 1, Regular, HandleBytes.HandleOf(1, 12)).IsNone);
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void Searching_by_handle_without_its_index_is_an_error()
    {
        using InodeTable table = NewTable("inline:12");

        Assert.Throws<InvalidOperationException>(
            () => table.FindByHandle(HandleBytes.HandleOf(1, 8)).IsNone);
    }

    [Theory]
    [InlineData("inline:12")]
    [InlineData("inline:0+cache:128")]
    [InlineData("pointer")]
    [InlineData("static:128")]
    public void Records_come_and_go_as_a_plain_dictionary_says(string strategy)
    {
        SeededProperty.Check(
            Prop.ForAll(Walks.Steps(most: 300), steps =>
            {
                using var walk = new InodeTableWalk(HandleStrategy.Parse(strategy));
                foreach (int step in steps)
                    walk.Step(step);
            }),
            tests: 40);
    }

    [Fact]
    public void Two_hundred_thousand_records_split_the_index_and_all_are_found()
    {
        using InodeTable table = NewTable("inline:12", byHandle: true);
        const int Count = 200_000;
        Span<byte> bytes = stackalloc byte[8];
        for (ulong id = 1; id <= Count; id++)
        {
            BitConverter.TryWriteBytes(bytes, id);
            table.Add(id << 20, 1, Regular, new FileHandle(1, bytes));
        }

        Assert.Empty(table.Validate());
        for (ulong id = 1; id <= Count; id++)
        {
            InodeIndex index = table.Find(id << 20);
            Assert.Equal(id << 20, table.NodeId(index));
            BitConverter.TryWriteBytes(bytes, id);
            Assert.Equal(index, table.FindByHandle(new FileHandle(1, bytes)));
            Assert.True(table.Find((id << 20) + 1).IsNone);
            if (id % 2 == 0)
                table.Remove(index);
        }

        Assert.Empty(table.Validate());
        Assert.Equal(Count / 2, table.Count);
    }

    [Fact]
    public void A_batch_of_searches_finds_what_single_searches_find()
    {
        using InodeTable table = NewTable("inline:12");
        var ids = new ulong[1000];
        var found = new InodeIndex[1000];
        table.FindMany(ids, found);
        Assert.All(found, index => Assert.True(index.IsNone));
        for (ulong i = 0; i < 100_000; i += 3)
            table.Add(i, 1, Regular, default);
        InodeIndex unhashed = table.Find(30);
        table.SetFlags(unhashed, InodeState.Unhashed);
        for (int i = 0; i < ids.Length; i++)
            ids[i] = (ulong)i;

        table.FindMany(ids, found);

        for (int i = 0; i < ids.Length; i++)
            Assert.Equal(table.Find(ids[i]), found[i]);
        Assert.Equal(333, found.Count(index => !index.IsNone));
    }

    [Fact]
    public void A_population_that_was_forgotten_makes_room_for_the_next_one()
    {
        using InodeTable table = NewTable("inline:12");
        long first = 0;
        for (ulong life = 0; life < 4; life++)
        {
            for (ulong id = 0; id < 300_000; id++)
                table.Add((life << 32) | id, 1, Regular, default);
            first = life == 0 ? table.MemoryBytes : first;
            for (ulong id = 0; id < 300_000; id++)
                table.Remove(table.Find((life << 32) | id));
            Assert.Empty(table.Validate());
        }

        Assert.Equal(0, table.Count);
        Assert.InRange(table.MemoryBytes, 0, first + (first / 4));
    }

    [Fact]
    public void Records_of_one_nodeid_that_overflow_their_bucket_are_found_until_removed()
    {
        using InodeTable table = NewTable("inline:12");
        List<InodeIndex> all = [];
        for (ulong id = 100; id < 120; id++)
            all.Add(table.Add(id, 1, Regular, default));
        for (uint generation = 0; generation < 500; generation++)
            all.Add(table.Add(7, generation, Regular, default, InodeState.Unhashed));
        Assert.True(table.IndexPassedForTest > 500);
        Assert.Empty(table.Validate());
        Assert.True(table.Find(7).IsNone);
        Assert.False(table.FindAny(7, 499).IsNone);
        Assert.True(table.FindAny(7, 500).IsNone);

        // Every third first: entries behind a bucket that has room again stay reachable.
        for (int part = 0; part < 3; part++)
        {
            for (int i = part; i < all.Count; i += 3)
                table.Remove(all[i]);
            Assert.Empty(table.Validate());
        }

        Assert.Equal((0, 0L), (table.Count, table.IndexPassedForTest));
    }

    [Fact]
    public void More_records_of_one_nodeid_than_a_sub_table_holds_do_not_split_the_index_for_ever()
    {
        const int Same = (4096 * 12) + 100;
        using InodeTable table = NewTable("inline:12");
        List<InodeIndex> all = [];
        for (uint generation = 0; generation < Same; generation++)
            all.Add(table.Add(7, generation, Regular, default, InodeState.Unhashed));
        Assert.Equal(Same, table.Count);
        Assert.InRange(table.MemoryBytes, 1, 16 << 20);
        Assert.Empty(table.Validate());

        // The last first: each lies furthest from its home.
        for (int i = all.Count - 1; i >= 0; i--)
            table.Remove(all[i]);
        Assert.Equal((0, 0L), (table.Count, table.IndexPassedForTest));
    }

    [Fact]
    public void A_side_table_keeps_a_value_per_record_and_gives_the_default_elsewhere()
    {
        var side = new SideTable<long>();
        Assert.Equal(0, side.Get(new InodeIndex(5_000_000)));
        side.At(new InodeIndex(70_000)) = 7;
        side.At(new InodeIndex(3)) = 9;

        Assert.Equal(7, side.Get(new InodeIndex(70_000)));
        Assert.Equal(9, side.Get(new InodeIndex(3)));
        Assert.Equal(0, side.Get(new InodeIndex(70_001)));
        side.Clear(new InodeIndex(70_000));
        Assert.Equal(0, side.Get(new InodeIndex(70_000)));
        Assert.Equal(8192 + 16, side.ElementsAllocated);
    }

    private static InodeTable NewTable(string strategy, bool byHandle = false) =>
        new(new() { Strategy = HandleStrategy.Parse(strategy), IndexByHandle = byHandle });
}
