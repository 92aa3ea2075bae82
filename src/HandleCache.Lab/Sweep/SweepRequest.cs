using HandleCache.Lab.Kernels;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Sweep;

/// <summary>What `sweep` was asked.</summary>
public sealed record SweepRequest
{
    /// <summary>A shipped mix; or null where <see cref="HandlesFile"/> is given.</summary>
    public string? FileSystem { get; init; }

    public string? HandlesFile { get; init; }

    /// <summary>Reckon with the mix's connectable handles.</summary>
    public bool Connectable { get; init; }

    public string Kernel { get; init; } = "this";

    /// <summary>A kernel to read from a file instead, or null.</summary>
    public BtfChoice? Btf { get; init; }

    public int? Cpus { get; init; }

    public HandleHeader Header { get; init; }

    public SlotPlacement Placement { get; init; }

    /// <summary>What finds an inode by its handle; its link is in every row's struct.</summary>
    public HandleIndex Index { get; init; }

    /// <summary>The kmalloc caches of external buffers: accounted to a memcg or not.</summary>
    public KmallocType SpillType { get; init; } = KmallocType.Cgroup;

    /// <summary>Strategies to compare; empty for all of them.</summary>
    public IReadOnlyList<HandleStrategy> Strategies { get; init; } = [];

    /// <summary>Share of the mix that the best strategy may refuse, 0..1.</summary>
    public double AllowedRefusedShare { get; init; }

    /// <summary>Inodes to give totals for; null gives none.</summary>
    public long? Inodes { get; init; }

    /// <summary>Inodes to simulate, to check the closed form with; 0 checks nothing.</summary>
    public int SimulatedInodes { get; init; }
}

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

    /// <summary>Inline room for the longest handle of the mix.</summary>
    public required SweepRow AllInline { get; init; }

    /// <summary>The best of every strategy and length, asked for or not.</summary>
    public required SweepRow BestOfAll { get; init; }

    /// <summary>Every simulation agreed to within <see cref="SweepCheck.Tolerance"/>.</summary>
    public bool Holds => Checks.All(check => check.Holds);
}
