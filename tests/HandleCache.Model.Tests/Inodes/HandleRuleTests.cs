using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>
/// The defects of proposals that lie in iget (PROPOSALS.md, section 3), each shown
/// beside the sound rule.
/// </summary>
public sealed class HandleRuleTests
{
    private const uint Regular = FileModes.Regular;

    [Theory]
    [InlineData(false, IGetOutcome.Replaced)]
    [InlineData(true, IGetOutcome.Hit)]
    public void Defect_1_a_handle_overwritten_before_it_is_compared_is_never_different(
        bool defect, IGetOutcome expected)
    {
        using FuseInodeCache cache = NewCache(new() { CompareAfterOverwrite = defect });
        cache.IGet(7, 1, Regular, HandleBytes.HandleOf(7, 20));

        IGetResult result = cache.IGet(7, 1, Regular, HandleBytes.HandleOf(8, 24));

        Assert.Equal(expected, result.Outcome);
        Assert.True(cache.Get(result.Index).Handle == HandleBytes.HandleOf(8, 24));
        Assert.Empty(cache.Validate());
    }

    [Theory]
    [InlineData(false, IGetOutcome.New)]
    [InlineData(true, IGetOutcome.HandleRefused)]
    public void Defect_2_a_handle_of_the_longest_length_is_refused(
        bool defect, IGetOutcome expected)
    {
        using FuseInodeCache cache = NewCache(new() { RefuseLongest = defect });

        Assert.Equal(
            expected, cache.IGet(7, 1, Regular, HandleBytes.HandleOf(7, 128)).Outcome);
        Assert.Equal(
            IGetOutcome.New, cache.IGet(8, 1, Regular, HandleBytes.HandleOf(8, 127)).Outcome);
    }

    [Theory]
    [InlineData(false, IGetOutcome.Hit)]
    [InlineData(true, IGetOutcome.Replaced)]
    public void Defect_4_a_reply_without_a_handle_makes_a_good_inode_bad(
        bool defect, IGetOutcome expected)
    {
        using FuseInodeCache cache = NewCache(new() { AbsentReplyIsStale = defect });
        InodeIndex index = cache.IGet(7, 1, Regular, HandleBytes.HandleOf(7, 8)).Index;

        Assert.Equal(expected, cache.IGet(7, 1, Regular).Outcome);
        Assert.Equal(defect, cache.IsBad(index));
    }

    [Theory]
    [InlineData(false, IGetOutcome.HandleRefused)]
    [InlineData(true, IGetOutcome.New)]
    public void A_handle_that_is_too_long_is_cut_only_where_the_rule_says_so(
        bool cut, IGetOutcome expected)
    {
        using FuseInodeCache cache = NewCache(new() { TruncateTooLong = cut });
        byte[] bytes = HandleBytes.Of(7, 132);

        IGetResult result = cache.IGet(7, 1, Regular, new FileHandle(1, bytes));

        Assert.Equal(expected, result.Outcome);
        if (cut)
            Assert.Equal(bytes[..128], cache.Get(result.Index).Handle.Bytes.ToArray());
    }

    private static FuseInodeCache NewCache(HandleRule rule) => new(new() { HandleRule = rule });
}
