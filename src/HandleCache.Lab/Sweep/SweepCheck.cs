using HandleCache.Model.Slab;

namespace HandleCache.Lab.Sweep;

/// <summary>A row's closed form held against a simulated population.</summary>
/// <param name="Row">The row.</param>
/// <param name="Simulated">The population; its pages are whole slabs.</param>
public sealed record SweepCheck(SweepRow Row, InodePopulation Simulated)
{
    /// <summary>0.1 %.</summary>
    public const double Tolerance = 0.001;

    /// <summary>Simulated over closed form, less 1.</summary>
    public double Difference => (Simulated.BytesPerInode / Row.BytesPerInode) - 1;

    /// <summary>
    /// Bytes, share spilled and share refused agree. A spilled handle's buffer is counted by the
    /// cache that kept it.
    /// </summary>
    public bool Holds =>
        Math.Abs(Difference) <= Tolerance
        && Math.Abs(((double)Simulated.Spilled / Simulated.Inodes) - Row.SpilledShare) <= Tolerance
        && Math.Abs(((double)Simulated.Refused / Simulated.Inodes) - Row.RefusedShare) <= Tolerance;
}
