using HandleCache.Lab;
using HandleCache.MountBench;
using Xunit;

namespace HandleCache.Perf.Tests;

/// <summary>The ranks are those of any table of 95 % sign-test intervals of a median.</summary>
public class RatioEstimateTests
{
    [Theory]
    [InlineData(6, 1, 6)]
    [InlineData(10, 2, 9)]
    [InlineData(20, 6, 15)]
    [InlineData(30, 10, 21)]
    [InlineData(50, 18, 33)]
    public void The_interval_ends_at_the_ranks_of_the_sign_test(int pairs, int low, int high)
    {
        double[] ranks = [.. Enumerable.Range(1, pairs).Select(i => (double)i).Reverse()];
        RatioEstimate estimate = RatioEstimate.Of(ranks);
        Assert.Equal(((double)low, (double)high), (estimate.Low, estimate.High));
        Assert.Equal((pairs + 1) / 2.0, estimate.Median);
        Assert.Equal(pairs, estimate.Pairs);
    }

    [Fact]
    public void Few_pairs_give_the_widest_interval_there_is()
    {
        RatioEstimate estimate = RatioEstimate.Of([1.2, 0.8, 1.1]);
        Assert.Equal((0.8, 1.1, 1.2), (estimate.Low, estimate.Median, estimate.High));
        Assert.True(estimate.Straddles(1));
        Assert.False(estimate.Straddles(0.7));
    }

    [Fact]
    public void Two_servers_are_compared_slice_by_slice_and_not_by_their_medians()
    {
        Slices slices = new();
        slices.Add([10, 5]);
        slices.Add([30, 20]);
        slices.Add([40, 40]);
        Assert.Equal(1.5, slices.Ratio(0, 1).Median);
        Assert.Equal(30, slices.Median(0));
        Assert.Equal(20, slices.Median(1));
    }

    [Fact]
    public void A_row_of_one_client_shows_the_slices_on_one_processor_and_notes_the_others()
    {
        LoadResult result = new(contenders: 2);
        result[Placement.Free].Add([80, 100]);
        Assert.Equal(Placement.Free, result.Shown);
        result[Placement.Together].Add([110, 100]);
        result.Use(Bench.Ours, work: 10, new ServerUse(Seconds: 20e-6));
        result.Use(Bench.Theirs, work: 10, new ServerUse(Seconds: 30e-6));
        Assert.Equal(Placement.Together, result.Shown);
        string note = RowNotes.Of(new Load("x", "reads/s", 1, "random"), result);
        Assert.StartsWith("1.10 to 1.10", note, StringComparison.Ordinal);
        Assert.Contains("placed by the scheduler 0.80", note, StringComparison.Ordinal);
        Assert.Contains("2.0 us a read here, 3.0 us there", note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_duels_first_slice_of_each_root_does_not_count_and_pairs_may_be_turned()
    {
        Slices slices = new();
        slices.AddPairs(
            [
                new(0, 1, 1), new(1, 1, 1), new(1, 40, 2), new(0, 10, 1), new(0, 30, 1),
                new(1, 60, 1),
            ],
            roots: 2, divisor: 10);
        Assert.Equal(2, slices.Count);
        Assert.Equal(2.0, slices.Median(0));
        Assert.Equal(2.0, slices.Ratio(1, 0).Median);
    }
}
