using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;
using HandleCache.Model.Traffic;

namespace HandleCache.Lab.Replay;

/// <summary>A trace replayed with one strategy.</summary>
public sealed record ReplayRow
{
    public required HandleStrategy Strategy { get; init; }

    public required TrafficTally Tally { get; init; }

    public required IReadOnlyList<CheckCount> Checks { get; init; }

    /// <summary>The same trace with FORGET of 1 per life.</summary>
    public required CountingSchemes Counting { get; init; }

    /// <summary>
    /// Kernel memory per inode, derived: the mean over all inodes the trace made, each with the
    /// handle it came with.
    /// </summary>
    public required double BytesPerInode { get; init; }

    /// <summary>Memory of this process per inode at the peak, measured.</summary>
    public required double ProcessBytesPerInode { get; init; }

    /// <summary>
    /// Seconds that the replay took, measured: reading the file, checksums, decoding, the model
    /// and the checks of every operation.
    /// </summary>
    public required double Seconds { get; init; }

    /// <summary>
    /// Seconds on top for walks over the whole cache where a mount ends; not in the rate.
    /// </summary>
    public required double WalkSeconds { get; init; }

    /// <summary>
    /// Seconds on top in which foreign accesses were turned into traffic; not in the rate.
    /// </summary>
    public required double ImportSeconds { get; init; }

    /// <summary>Bytes that the replaying thread allocated on the managed heap, measured.</summary>
    public required long AllocatedBytes { get; init; }

    public double OperationsPerSecond => Seconds > 0 ? Tally.Operations / Seconds : 0;

    /// <summary>Inodes made with handles in an external buffer.</summary>
    public long Spilled => Count(HandleStorage.External);

    /// <summary>Inodes made whose handle lay in the inode.</summary>
    public long Inline => Count(HandleStorage.Inline);

    /// <summary>No check failed, and something was compared.</summary>
    public bool Holds => Checks.All(check => check.Mismatches == 0)
        && Checks.Any(check => check.Compared > 0);

    private long Count(HandleStorage storage)
    {
        long count = 0;
        for (int length = 0; length < Tally.CreatedByLength.Count; length++)
            count += Strategy.StorageOf(length) == storage ? Tally.CreatedByLength[length] : 0;
        return count;
    }
}

/// <summary>What a replay came to.</summary>
/// <param name="Format">What the file was.</param>
/// <param name="Bytes">Its length in bytes.</param>
/// <param name="Kernel">The kernel that the bytes per inode were derived for.</param>
/// <param name="Inodes">The bound of an imported trace; null for a recorded one.</param>
/// <param name="Rows">One for each strategy.</param>
public sealed record ReplayResult(
    TraceFileFormat Format, long Bytes, KernelProfile Kernel, int? Inodes,
    IReadOnlyList<ReplayRow> Rows)
{
    /// <summary>Where inodes without a handle got theirs from; null: nowhere.</summary>
    public HandleMix? Mix { get; init; }

    /// <summary>Inodes, over all mounts, that came and stayed without a handle.</summary>
    public long WithoutHandle => Rows[0].Tally.CreatedByLength[0];


    /// <summary>"match", or "diverge": the trace contradicts itself.</summary>
    public string Verdict => Rows.All(row => row.Holds) ? "match" : "diverge";
}
