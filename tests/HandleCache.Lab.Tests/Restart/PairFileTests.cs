using HandleCache.Lab.Restart;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Lab.Tests.Restart;

/// <summary>
/// The rule of files that are open without a name, as <see cref="PairFile"/> holds mount and
/// shadow to it.
/// </summary>
public sealed class PairFileTests
{
    private readonly ClientResult _result = new();

    [Fact]
    public void A_truncation_refused_by_the_rule_is_not_done_to_the_shadow_so_a_read_agrees()
    {
        // The kernel keeps its size over the refused SETATTR and answers the read itself.
        using MemoryFile mounted = new(new byte[1000], 0) { Refusal = Errno.ESTALE };
        using MemoryFile shadow = new(new byte[1000], 0);
        using PairFile pair = new("f", mounted, shadow, _result);

        pair.Truncate(5000);
        pair.Compare(2000, 100);

        Assert.Equal(1000, shadow.Data.Length);
        Assert.Equal(1, _result.Stale);
        AssertNothingWrong();
    }

    [Fact]
    public void A_write_refused_by_the_rule_is_not_done_to_the_shadow()
    {
        using MemoryFile mounted = new(new byte[10], 0) { Refusal = Errno.ESTALE };
        using MemoryFile shadow = new(new byte[10], 0);
        using PairFile pair = new("f", mounted, shadow, _result);

        pair.Write([1, 2, 3], 20);
        pair.Compare(0, 100);

        Assert.Equal(10, shadow.Data.Length);
        Assert.Equal(1, _result.Stale);
        AssertNothingWrong();
    }

    [Fact]
    public void The_part_of_a_write_that_came_before_the_death_is_done_to_the_shadow_too()
    {
        using MemoryFile mounted =
            new([], 0) { Refusal = Errno.ESTALE, WrittenBefore = 2 };
        using MemoryFile shadow = new([], 0);
        using PairFile pair = new("f", mounted, shadow, _result);

        pair.Write([1, 2, 3], 0);
        pair.Compare(0, 100);

        Assert.Equal(new byte[] { 1, 2 }, shadow.Data);
        Assert.Equal(1, _result.Stale);
        AssertNothingWrong();
    }

    [Fact]
    public void A_file_that_has_a_name_is_never_stale()
    {
        using MemoryFile mounted = new([1], 1) { Refusal = Errno.ESTALE };
        using MemoryFile shadow = new([1], 1);
        using PairFile pair = new("f", mounted, shadow, _result);

        pair.Truncate(7);
        pair.Write([1], 0);

        Assert.Equal(0, _result.Stale);
        Assert.Equal(2, _result.Errors);
    }

    [Fact]
    public void Another_error_than_ESTALE_is_one_even_of_a_file_without_a_name()
    {
        using MemoryFile mounted = new([1], 0) { Refusal = Errno.EIO };
        using MemoryFile shadow = new([1], 0);
        using PairFile pair = new("f", mounted, shadow, _result);

        pair.Truncate(7);

        Assert.Equal(0, _result.Stale);
        Assert.Equal(1, _result.Errors);
    }

    [Theory]
    [InlineData(true, Errno.ESTALE, 0, true)]
    [InlineData(true, Errno.None, 0, false)]
    [InlineData(true, Errno.ESTALE, 1, false)]
    [InlineData(false, Errno.ESTALE, 0, false)]
    public void EIO_of_a_read_is_stale_only_where_the_kernel_loses_the_error_and_the_server_says_so(
        bool losesReadErrors, Errno asked, uint links, bool isStale)
    {
        using MemoryFile mounted = new([1], links) { ReadError = Errno.EIO, Asked = asked };
        using MemoryFile shadow = new([1], links);
        using PairFile pair = new("f", mounted, shadow, _result, losesReadErrors);

        pair.Compare(0, 1);

        Assert.Equal(isStale ? 1 : 0, _result.Stale);
        Assert.Equal(isStale ? 0 : 1, _result.Errors);
    }

    [Fact]
    public void A_read_that_ends_early_is_wrong_and_the_message_tells_what_went_before()
    {
        using MemoryFile mounted = new([], 0);
        using MemoryFile shadow = new([], 0);
        using PairFile pair = new("t0/n1", mounted, shadow, _result);

        pair.Write([1, 2, 3], 4);
        mounted.MostRead = 0;
        pair.Compare(4, 3);

        Assert.Equal(1, _result.WrongObject);
        Assert.Equal(
            "read t0/n1 at 4: 0 bytes that differ from 3 "
            + "[7 bytes, 0 links; write 4+3 None, read 4+0 None]",
            Assert.Single(_result.WrongMessages));
    }

    [Fact]
    public void Equal_files_stay_equal_through_every_operation()
    {
        using MemoryFile mounted = new([], 1);
        using MemoryFile shadow = new([], 1);
        using PairFile pair = new("f", mounted, shadow, _result);

        pair.Write([1, 2, 3], 4);
        pair.Truncate(6);
        pair.Compare(0, 10);
        pair.CompareInode();

        Assert.Equal(new byte[] { 0, 0, 0, 0, 1, 2 }, shadow.Data);
        Assert.Equal(4, _result.Operations);
        AssertNothingWrong();
    }

    private void AssertNothingWrong()
    {
        Assert.Empty(_result.Messages);
        Assert.Empty(_result.WrongMessages);
        Assert.Equal(0, _result.Errors);
        Assert.Equal(0, _result.WrongObject);
    }
}
