using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>The validators are tested too: break one thing, expect exactly that error.</summary>
public sealed class ValidatorTests
{
    private const uint Regular = FileModes.Regular;

    [Fact]
    public void A_sound_table_has_no_errors() => Assert.Empty(NewTable(out _).Validate());

    [Fact]
    public void A_lost_index_entry_is_missed_by_every_count_of_it()
    {
        InodeTable table = NewTable(out InodeIndex inline);
        table.CorruptNodeIdEntry(inline);

        Assert.Equal(
            [
                new ValidationError("nodeid-index-sub-table-live", 2, 3),
                new ValidationError("nodeid-index-entries", 2, 3),
            ],
            table.Validate());
    }

    [Fact]
    public void A_wrong_count_of_entries_that_passed_a_full_bucket_is_found()
    {
        InodeTable table = NewTable(out _);
        table.CorruptOverflow(nodeId: 2);

        Assert.Equal([new ValidationError("nodeid-index-overflow", 0, 1)], table.Validate());
    }

    [Fact]
    public void A_wrong_count_of_live_records_is_found()
    {
        InodeTable table = NewTable(out _);
        table.RecordsForTest.CorruptLive();

        Assert.Equal(
            [
                new ValidationError("records-live", 3, 4),
                new ValidationError("nodeid-index-count", 3, 4),
            ],
            table.Validate());
    }

    [Fact]
    public void A_lost_free_list_is_found()
    {
        InodeTable table = NewTable(out InodeIndex inline);
        table.Remove(inline);
        Assert.Empty(table.Validate());
        table.RecordsForTest.CorruptFreeList();

        Assert.Equal([new ValidationError("segment-free", 0, 1)], table.Validate());
    }

    [Fact]
    public void A_spilled_handle_whose_buffer_was_given_back_is_found()
    {
        InodeTable table = NewTable(out _);
        InodeIndex spilled = table.Find(2);
        table.CorruptSpill(spilled);

        Assert.Equal(
            [
                new ValidationError("spill-dead-reference", spilled.Value, 20),
                new ValidationError("spilled-handles", 2, 1),
            ],
            table.Validate());
    }

    [Fact]
    public void A_side_entry_of_nlookup_without_its_record_is_found()
    {
        InodeTable table = NewTable(out _);
        table.CorruptWideLookups();

        Assert.Equal([new ValidationError("wide-lookups", 0, 1)], table.Validate());
    }

    [Fact]
    public void A_wrong_count_of_spill_buffers_is_found()
    {
        using var pool = SpillPool.Kmalloc();
        SpillReference reference = pool.Store([1]);
        pool.ClassAt(0).FirstPage().CorruptOutstanding();

        Assert.Equal(
            [
                new ValidationError("spill-page-outstanding", 1, 2),
                new ValidationError("spill-page-free", 0, -1),
                new ValidationError("spill-class-outstanding", 2, 1),
            ],
            pool.Validate());
        pool.Release(reference);
    }

    [Fact]
    public void A_wrong_count_of_a_spill_class_is_found()
    {
        var pool = SpillPool.Kmalloc();
        pool.ClassAt(2).CorruptOutstanding();

        Assert.Equal([new ValidationError("spill-class-outstanding", 0, 1)], pool.Validate());
    }

    [Fact]
    public void A_wrong_count_of_unhashed_inodes_is_found()
    {
        using var cache = new FuseInodeCache(new());
        cache.IGet(7, 3, Regular);
        cache.CorruptUnhashed();

        Assert.Equal([new ValidationError("inodes-unhashed", 0, 1)], cache.Validate());
    }

    [Fact]
    public void An_unhashed_inode_that_is_good_is_found()
    {
        using var cache = new FuseInodeCache(new());
        InodeIndex index = cache.IGet(7, 3, Regular).Index;
        cache.TableForTest.SetFlags(index, InodeState.Unhashed);
        cache.CorruptUnhashed();

        Assert.Equal(
            [new ValidationError("unhashed-but-good", index.Value, 0)], cache.Validate());
    }

    [Fact]
    public void Two_hashed_inodes_of_one_nodeid_are_found()
    {
        using var cache = new FuseInodeCache(new());
        cache.IGet(7, 3, Regular);
        cache.TableForTest.Add(7, 3, Regular, default);

        ValidationError error = Assert.Single(cache.Validate());
        Assert.Equal("nodeid-hashed-twice", error.Counter);
    }

    private static InodeTable NewTable(out InodeIndex inline)
    {
        var table = new InodeTable(new() { IndexByHandle = false });
        inline = table.Add(1, 1, Regular, HandleBytes.HandleOf(1, 8));
        table.Add(2, 1, Regular, HandleBytes.HandleOf(2, 20));
        table.Add(3, 1, Regular, HandleBytes.HandleOf(3, 100));
        return table;
    }
}
