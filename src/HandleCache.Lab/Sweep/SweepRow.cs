using HandleCache.Model.Handles;

namespace HandleCache.Lab.Sweep;

/// <summary>
/// What one strategy costs per inode for a mix, derived, in full slabs, in bytes. An object whose
/// handle is refused counts as an inode without one.
/// </summary>
public sealed record SweepRow
{
    public required HandleStrategy Strategy { get; init; }

    /// <summary>sizeof struct fuse_inode.</summary>
    public required int SizeofBytes { get; init; }

    public required int SlotBytes { get; init; }

    public required int ObjectsPerSlab { get; init; }

    /// <summary>Share of fuse_inode slabs.</summary>
    public required double PagesBytes { get; init; }

    /// <summary>Share of their memcg vectors.</summary>
    public required double VectorBytes { get; init; }

    /// <summary>Slabs of external buffers.</summary>
    public required double SpillBytes { get; init; }

    /// <summary>Memcg vectors of those.</summary>
    public required double SpillVectorBytes { get; init; }

    /// <summary>fuse_forget_link with its vector.</summary>
    public required double ForgetLinkBytes { get; init; }

    public double BytesPerInode =>
        PagesBytes + VectorBytes + SpillBytes + SpillVectorBytes + ForgetLinkBytes;

    /// <summary>Against today, which is the strategy none.</summary>
    public required double DeltaBytes { get; init; }

    /// <summary>Share of the mix in external buffers.</summary>
    public required double SpilledShare { get; init; }

    /// <summary>Share of the mix whose handle is refused.</summary>
    public required double RefusedShare { get; init; }

    /// <summary>Allocations per new inode, slabs and vectors not counted.</summary>
    public required double AllocationsPerInode { get; init; }
}
