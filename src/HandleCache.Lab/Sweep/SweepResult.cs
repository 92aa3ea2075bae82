using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Sweep;

/// <summary>The answer of `sweep`.</summary>
/// <param name="Mix">The handles reckoned with.</param>
/// <param name="Kernel">The kernel reckoned with.</param>
/// <param name="Rows">One per strategy and length.</param>
/// <param name="Best">The cheapest that serves the mix; see <see cref="BestRule"/>.</param>
/// <param name="BestRefuses">
/// It refuses more than was allowed, since every row does.
/// </param>
/// <param name="Steps">Where the cost of the inode changes with the inline length.</param>
/// <param name="Checks">Simulated populations, where they were asked for.</param>
public sealed record SweepResult(
    HandleMix Mix, KernelProfile Kernel, IReadOnlyList<SweepRow> Rows, SweepRow Best,
    bool BestRefuses, IReadOnlyList<InodeStep> Steps, IReadOnlyList<SweepCheck> Checks)
{
    /// <summary>Today: the strategy none.</summary>
    public required SweepRow Today { get; init; }

    /// <summary>Every simulation agreed to within <see cref="SweepCheck.Tolerance"/>.</summary>
    public bool Holds => Checks.All(check => check.Holds);
}
