using HandleCache.Lab.Watch;
using Xunit;

namespace HandleCache.Lab.Tests.Watch;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void A_quantile_is_right_to_an_eighth_and_the_worst_exactly()
    {
        LatencyHistogram histogram = new();
        for (int us = 1; us <= 1000; us++)
            histogram.Add(TimeSpan.FromMicroseconds(us));
        LatencyRow row = histogram.Row("LOOKUP");
        Assert.Equal(1000, row.Count);
        Assert.InRange(row.MedianUs, 500, 500 * 1.125);
        Assert.InRange(row.P99Us, 990, 1000);
        Assert.Equal(1000, row.WorstUs);
    }

    [Fact]
    public void One_duration_is_every_quantile()
    {
        LatencyHistogram histogram = new();
        histogram.Add(TimeSpan.FromMicroseconds(7));
        Assert.Equal(new LatencyRow("OPEN", 1, 7, 7, 7), histogram.Row("OPEN"));
    }
}
