using HandleCache.Model.Handles;
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

    public int? Cpus { get; init; }

    public HandleHeader Header { get; init; }

    public SlotPlacement Placement { get; init; }

    /// <summary>Strategies to compare; empty for all of them.</summary>
    public IReadOnlyList<HandleStrategy> Strategies { get; init; } = [];

    /// <summary>Share of the mix that the best strategy may refuse, 0..1.</summary>
    public double AllowedRefusedShare { get; init; }

    /// <summary>Inodes to give totals for; null gives none.</summary>
    public long? Inodes { get; init; }

    /// <summary>Inodes to simulate, to check the closed form with; 0 checks nothing.</summary>
    public int SimulatedInodes { get; init; }
}
