using HandleCache.Lab.Restart;
using Xunit;

namespace HandleCache.Lab.Tests.Restart;

/// <summary>What the keeper adds, from pairs of slices whose times are given.</summary>
public class StatStormTests
{
    [Fact]
    public void The_keepers_cost_is_the_median_of_the_pairs_and_not_a_ratio_of_medians()
    {
        StatStormRow row = StatStorm.RowOf(
            2, [(10, 11), (20, 20), (40, 42), (10, 30), (80, 81)]);
        Assert.Equal(2, row.Threads);
        Assert.Equal(20, row.PlainMicroseconds);
        Assert.Equal(30, row.KeptMicroseconds);
        Assert.Equal(5, row.AddedPercent, 1e-9);
        Assert.Equal(0, row.LeastAddedPercent, 1e-9);
        Assert.Equal(200, row.MostAddedPercent, 1e-9);
    }

    [Theory]
    [InlineData(9.9, true)]
    [InlineData(10.1, false)]
    public void Every_row_has_to_hold_the_bar_by_its_median(double added, bool holds)
    {
        StatStormRow good = new(1, 10, 10, 0, -3, 3);
        StatStormRow row = new(2, 10, 11, added, 2, 30);
        StatStormResult result = new("6.18", 2, 200, 5, 9, 0.2, [good, row]);
        Assert.Equal(holds, result.Holds);
    }

    [Fact]
    public void Nothing_measured_holds_nothing() =>
        Assert.False(new StatStormResult("6.18", 2, 200, 5, 9, 0.2, []).Holds);
}
