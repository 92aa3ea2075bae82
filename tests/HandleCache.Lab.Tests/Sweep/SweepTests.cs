using HandleCache.Lab.Sweep;
using HandleCache.Model.Handles;
using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Lab.Tests.Sweep;

/// <summary>
/// `sweep`: figures from SLUB.md section 3, and what "best" means.
/// </summary>
public sealed class SweepTests
{
    [Theory]
    [InlineData("6.18", 2, "inline:40", 0)]
    [InlineData("6.18", 8, "inline:40", 0)]
    [InlineData("6.1", 2, "inline:60", 48.48)]
    [InlineData("6.12", 2, "inline:20", 0)]
    [InlineData("7.3", 2, "inline:32", 0)]
    public void The_best_for_btrfs_is_the_longest_inline_length_of_the_cheapest_step(
        string kernel, int cpus, string strategy, double delta)
    {
        SweepResult result = Run("btrfs", kernel, cpus);
        Assert.Equal(strategy, result.Best.Strategy.ToString());
        Assert.Equal(delta, result.Best.DeltaBytes, 0.01);
        Assert.Equal(0, result.Best.RefusedShare);
        Assert.False(result.BestRefuses);
    }

    [Theory]
    [InlineData("ext4", "inline:12", 0)]
    [InlineData("btrfs", "inline:12", 40)]
    [InlineData("btrfs", "inline:40", 0)]
    [InlineData("btrfs", "pointer", 40)]
    [InlineData("btrfs", "inline:12+cache:128", 136)]
    [InlineData("btrfs", "static:128", 110.94)]
    [InlineData("overlay-btrfs", "inline:40", 72)]
    [InlineData("overlay-ext4", "inline:12", 40)]
    public void A_strategy_costs_what_the_fact_file_says(
        string mix, string strategy, double delta)
    {
        SweepRow row = RowOf(Run(mix, "6.18", 2), strategy);
        Assert.Equal(delta, row.DeltaBytes, 0.01);
    }

    [Theory]
    [InlineData("6.18", 2, 921.06)]
    [InlineData("6.18", 8, 924.44)]
    [InlineData("6.1", 2, 872.58)]
    [InlineData("7.3", 2, 862.32)]
    [InlineData("7.3", 8, 840.21)]
    public void Today_costs_slab_and_vector_of_the_fact_file(
        string kernel, int cpus, double bytes)
    {
        SweepRow today = Run("ext4", kernel, cpus).Today;
        Assert.Equal(bytes, today.PagesBytes + today.VectorBytes, 0.01);
        Assert.Equal(0, today.DeltaBytes);
    }

    [Fact]
    public void Every_strategy_has_a_row_for_every_inline_length()
    {
        SweepResult result = Run("btrfs", "6.18", 2);
        foreach (string family in (string[])["inline:{0}", "inline-only:{0}", "static:{0}",
            "inline:{0}+cache:128", "pointer-max:{0}"])
        {
            for (int length = 0; length <= 128; length++)
            {
                RowOf(result, family.Replace(
                    "{0}", $"{length}", StringComparison.Ordinal));
            }
        }

        RowOf(result, "none");
        RowOf(result, "pointer");
    }

    [Fact]
    public void A_strategy_that_refuses_some_of_the_mix_is_never_best_while_another_serves()
    {
        // The workstation is 70 % btrfs, whose handles of 20 bytes inline-only:12 refuses.
        SweepResult result = Run("workstation", "6.18", 2, "inline-only:12", "inline:12");
        Assert.Equal("inline:12", result.Best.Strategy.ToString());
        Assert.Equal(0.7, RowOf(result, "inline-only:12").RefusedShare, 1e-9);
        Assert.True(RowOf(result, "inline-only:12").BytesPerInode < result.Best.BytesPerInode);
    }

    [Fact]
    public void A_refusing_strategy_is_best_where_the_user_allows_it()
    {
        SweepRequest request = Request("workstation", "6.18", 2, "inline-only:12", "inline:12");
        SweepResult result = SweepExperiment.Run(
            request with { AllowedRefusedShare = 0.7 }, TestContext.Current.CancellationToken);
        Assert.Equal("inline-only:12", result.Best.Strategy.ToString());
        Assert.False(result.BestRefuses);
    }

    [Fact]
    public void Where_every_strategy_refuses_the_one_that_refuses_least_is_named_and_it_is_said()
    {
        SweepResult result =
            Run("workstation", "6.18", 2, "inline-only:4", "inline-only:8", "none");
        Assert.Equal("inline-only:8", result.Best.Strategy.ToString());
        Assert.True(result.BestRefuses);
        Assert.Equal(0.75, result.Best.RefusedShare, 1e-9);
    }

    [Fact]
    public void A_mean_over_a_mix_is_weighted_by_the_shares()
    {
        // workstation: 70 % of 20 bytes spill from inline:12 at 40 bytes each.
        SweepRow row = RowOf(Run("workstation", "6.18", 2), "inline:12");
        Assert.Equal(0.7 * 40, row.DeltaBytes, 0.01);
        Assert.Equal(0.7, row.SpilledShare, 1e-9);
        Assert.Equal(2.7, row.AllocationsPerInode, 1e-9);
    }

    [Theory]
    [InlineData("6.18", "inline:12")]
    [InlineData("6.1", "inline:12+cache:48")]
    public void The_closed_form_agrees_with_a_million_simulated_inodes(
        string kernel, string strategy) => Simulate(kernel, strategy, 1_000_000);

    [Theory]
    [InlineData("5.10", "inline:12")]
    [InlineData("6.12", "static:128")]
    [InlineData("6.18", "pointer")]
    [InlineData("6.18", "pointer-max:128")]
    [InlineData("6.18", "inline-only:12")]
    [InlineData("7.0", "inline:12")]
    [InlineData("7.3", "inline:97")]
    public void The_closed_form_agrees_with_simulated_slabs_of_every_kernel(
        string kernel, string strategy) => Simulate(kernel, strategy, 200_000);

    [Fact]
    public void A_closed_form_for_another_strategy_does_not_agree_with_the_simulation()
    {
        // The check must be able to fail.
        SweepResult right = Run("file-server", "6.18", 2, "inline:12");
        InodePopulation population = InodePopulation.Of(
            new InodeCostModel(right.Kernel, new HandleDesign(HandleStrategy.Inline(12))),
            right.Mix, 100_000);
        Assert.True(new SweepCheck(right.Best, population).Holds);
        SweepRow wrong = RowOf(Run("file-server", "6.18", 2), "inline:8");
        Assert.False(new SweepCheck(wrong, population).Holds);
    }

    private static void Simulate(string kernel, string strategy, int inodes)
    {
        SweepResult result = SweepExperiment.Run(
            Request("file-server", kernel, 2, strategy) with
            {
                SimulatedInodes = inodes,
                AllowedRefusedShare = 1,
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(["none", strategy], result.Checks.Select(c => $"{c.Row.Strategy}"));
        foreach (SweepCheck check in result.Checks)
        {
            Assert.Equal(inodes, check.Simulated.Inodes);
            Assert.True(
                Math.Abs(check.Difference) <= 0.001 && check.Holds,
                $"{kernel} {check.Row.Strategy}: simulated {check.Simulated.BytesPerInode}, "
                + $"derived {check.Row.BytesPerInode}");
        }
    }

    private static SweepRequest Request(
        string mix, string kernel, int cpus, params string[] strategies) => new()
        {
            FileSystem = mix,
            Kernel = kernel,
            Cpus = cpus,
            Strategies = [.. strategies.Select(HandleStrategy.Parse)],
        };

    private static SweepResult Run(
        string mix, string kernel, int cpus, params string[] strategies) =>
        SweepExperiment.Run(
            Request(mix, kernel, cpus, strategies), TestContext.Current.CancellationToken);

    private static SweepRow RowOf(SweepResult result, string strategy) =>
        Assert.Single(result.Rows, row => row.Strategy.ToString() == strategy);
}
