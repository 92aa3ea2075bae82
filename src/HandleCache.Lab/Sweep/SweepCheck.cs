using HandleCache.Model.Slab;

namespace HandleCache.Lab.Sweep;

/// <summary>A row's closed form beside a simulated population.</summary>
/// <param name="Row">The row.</param>
/// <param name="Simulated">The population; its pages are whole slabs.</param>
public sealed record SweepCheck(SweepRow Row, InodePopulation Simulated)
{
    /// <summary>0.1 %.</summary>
    public const double Tolerance = 0.001;

    /// <summary>Simulated over closed form, less 1.</summary>
    public double Difference => (Simulated.BytesPerInode / Row.BytesPerInode) - 1;

    /// <summary>
    /// Bytes, share spilled and share refused agree, but for the last slab of each cache, which
    /// may be nearly empty, and for one inode. A spilled handle is one by the word of the cache
    /// that keeps it.
    /// </summary>
    public bool Holds
    {
        get
        {
            double lastSlabs = Simulated.Caches.Sum(cache => cache.Geometry.SlabBytes);
            double bytes = lastSlabs / Simulated.Inodes / Row.BytesPerInode;
            return Math.Abs(Difference) <= Tolerance + bytes
                && IsNear(Simulated.Spilled, Row.SpilledShare)
                && IsNear(Simulated.Refused, Row.RefusedShare);
        }
    }

    private bool IsNear(long simulated, double share) =>
        Math.Abs(simulated - (share * Simulated.Inodes)) <= 1 + (Tolerance * Simulated.Inodes);
}
