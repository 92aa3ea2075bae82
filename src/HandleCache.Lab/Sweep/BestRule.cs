using HandleCache.Model.Handles;

namespace HandleCache.Lab.Sweep;

/// <summary>
/// Which row is best: of those that refuse no more of the mix than is allowed, the one with the
/// fewest bytes per inode; among equals the fewest allocations, then the longest handle taken, then
/// the simplest storage, then the longest inline length, since what is free may as well be used.
/// Where every row refuses too much, the one that refuses least.
/// </summary>
internal static class BestRule
{
    /// <summary>Below what a table shows, in bytes.</summary>
    private const double SameBytes = 0.005;

    public static (SweepRow Row, bool RefusesTooMuch) Of(
        IReadOnlyList<SweepRow> rows, double allowedRefusedShare)
    {
        List<SweepRow> keeping = [.. rows.Where(r => r.Strategy.Kind != HandleStrategyKind.None)];
        List<SweepRow> serving =
            [.. keeping.Where(r => r.RefusedShare <= allowedRefusedShare + 1e-9)];
        bool refuses = serving.Count == 0;
        if (refuses)
        {
            double least = keeping.Min(r => r.RefusedShare);
            serving = [.. keeping.Where(r => r.RefusedShare <= least + 1e-9)];
        }

        double bytes = serving.Min(r => r.BytesPerInode) + SameBytes;
        SweepRow best = serving
            .Where(r => r.BytesPerInode <= bytes)
            .OrderBy(r => r.AllocationsPerInode)
            .ThenByDescending(r => r.Strategy.CapacityBytes)
            .ThenBy(r => r.Strategy.Kind)
            .ThenByDescending(r => r.Strategy.InlineBytes)
            .First();
        return (best, refuses);
    }
}
