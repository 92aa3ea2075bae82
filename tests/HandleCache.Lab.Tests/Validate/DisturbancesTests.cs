using HandleCache.Lab.Differential;
using HandleCache.Lab.Validate;
using Xunit;

namespace HandleCache.Lab.Tests.Validate;

public sealed class DisturbancesTests
{
    private long _scanned = 100;
    private long _dropped = 7;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void A_shrinker_explains_what_is_seen_while_it_runs(long scanned, long dropped)
    {
        ReclaimWatch watch = new(VmStat);
        Assert.False(watch.HasRun);
        _scanned += scanned;
        _dropped += dropped;
        Assert.True(new Disturbances().MayExplain(watch));
        Assert.Equal(
            "slabs_scanned of /proc/vmstat went from 100 to " + _scanned
            + ", drop_slab from 7 to " + _dropped, watch.ToString());
    }

    [Fact]
    public void A_shrinker_that_is_counted_only_when_it_is_done_explains_too()
    {
        int reads = 0;
        ReclaimWatch watch = new(() =>
        {
            if (++reads == 4)
                _scanned++;
            return VmStat();
        });
        Assert.True(new Disturbances().MayExplain(watch));
    }

    [Fact]
    public void Without_one_nothing_is_explained_and_the_wait_for_it_has_an_end()
    {
        Disturbances disturbances = new();
        int reads = 0;
        ReclaimWatch watch = new(() =>
        {
            reads++;
            return VmStat();
        });
        for (int i = 0; i < 100; i++)
            Assert.False(disturbances.MayExplain(watch));
        int before = reads;
        Assert.False(disturbances.MayExplain(watch));
        Assert.InRange(reads - before, 1, 2);
    }

    private string[] VmStat() =>
        ["nr_free_pages 12345", $"slabs_scanned {_scanned}", "drop_pagecache 3",
            $"drop_slab {_dropped}"];
}
