using HandleCache.Model.Slab;

namespace HandleCache.Lab.Memory;

/// <summary>How a prediction met a cache of the running kernel.</summary>
public enum SlabVerifyOutcome
{
    /// <summary>Slot, order and objects per slab are equal.</summary>
    Exact,

    /// <summary>Equal once a free pointer in a named field is assumed, which sysfs hides.</summary>
    ExactWithFreePointerGiven,

    /// <summary>Not equal.</summary>
    Mismatch,
}

/// <summary>Slot in bytes, page order, objects per slab.</summary>
public readonly record struct SlabShape(int SlabSize, int Order, int ObjectsPerSlab);

/// <summary>One cache: measured by the kernel, derived by the model.</summary>
public sealed record SlabVerifyRow(
    string Name, int ObjectSize, int Align, SlabShape Measured, SlabShape Derived,
    SlabVerifyOutcome Outcome, string? Reason)
{
    /// <summary>Why a cache with debugging differs.</summary>
    public const string DebugReason =
        "debug flags (slab_debug) enlarge the slot; they are not modelled";
}

/// <summary>Every distinct cache of the running kernel.</summary>
public sealed record SlabVerifyResult(
    KernelProfile Kernel, int Aliases, IReadOnlyList<SlabVerifyRow> Rows)
{
    /// <summary>Caches that are equal, those with an assumed free pointer included.</summary>
    public int Exact => Rows.Count(r => r.Outcome != SlabVerifyOutcome.Mismatch);

    public IReadOnlyList<SlabVerifyRow> Flagged =>
        [.. Rows.Where(r => r.Outcome == SlabVerifyOutcome.ExactWithFreePointerGiven)];

    public IReadOnlyList<SlabVerifyRow> Mismatches =>
        [.. Rows.Where(r => r.Outcome == SlabVerifyOutcome.Mismatch)];

    /// <summary>A comparison that compared nothing does not hold.</summary>
    public bool Holds => Rows.Count > 0 && Mismatches.Count == 0;
}
