using System.Globalization;
using HandleCache.Cli.Common;
using HandleCache.Cli.Slab;
using HandleCache.Lab.Plots;
using HandleCache.Lab.Sweep;
using HandleCache.Model.Handles;

namespace HandleCache.Cli.Sweep;

/// <summary>
/// `sweep` as a plot: bytes per inode over the inline length, a line per strategy.
/// </summary>
internal static class SweepPlot
{
    private const int TicBytes = 16;
    private const string PostedAs = " (RFC v1/v2)";
    private const string Refuses = " (refuses some of the mix)";

    public static Plot Of(SweepResult result)
    {
        List<PlotSeries> series = [];
        AddKind(series, result, HandleStrategyKind.Inline, "inline:N (kmalloc spill)");
        AddCaches(series, result);
        AddKind(series, result, HandleStrategyKind.InlineOnly, "inline-only:N");
        AddKind(series, result, HandleStrategyKind.Static, "static:N");
        AddFlat(series, result, HandleStrategyKind.Pointer, " (RFC v3)");
        AddKind(series, result, HandleStrategyKind.PointerMax, "pointer-max:N" + PostedAs);
        AddFlat(series, result.Today, " (today)");
        AddBest(series, result);
        return new Plot
        {
            Title = string.Create(
                CultureInfo.InvariantCulture,
                $"Kernel memory per inode, handles of {Path.GetFileName(result.Mix.Name)}, on "
                + $"{SlabRenderer.NameOf(result.Kernel)}, {result.Kernel.PresentCpus} CPUs "
                + $"(derived)"),
            XLabel = "N: bytes of handle inside the inode (pointer-max: in its buffer); "
                + "a line begins where no handle is refused",
            YLabel = "bytes per inode (not from 0)",
            Series = series,
            X = (HandleStrategy.MaxHandleBytes, TicBytes),
        };
    }

    /// <summary>The best, from end to end of the lengths that cost the same.</summary>
    private static void AddBest(List<PlotSeries> series, SweepResult result)
    {
        SweepRange best = SweepAnswer.SameCost(result) ?? new(result.Best, result.Best);
        SweepRow[] ends = best.First == best.Last ? [best.First] : [best.First, best.Last];
        series.Add(new PlotSeries(
            result.Best.DeltaBytes < 0.005
                ? $"best: {best.Name}, as today"
                : $"best: {best.Name}, {TextTable.Difference(result.Best.DeltaBytes)}",
            [.. ends.Select(r => ((double)SweepRange.LengthOf(r.Strategy), r.BytesPerInode))],
            Marks: true));
    }

    /// <summary>A line by length of those that serve all of the mix; else of all.</summary>
    private static void AddKind(
        List<PlotSeries> series, SweepResult result, HandleStrategyKind kind, string name)
    {
        SweepRow[] rows = [.. result.Rows.Where(r => r.Strategy.Kind == kind)];
        SweepRow[] serving = [.. rows.Where(r => r.RefusedShare < 1e-9)];

        // Where all strategies are drawn, inline-only is inline as far as it serves.
        bool alone = result.Rows.All(
            r => r.Strategy.Kind is HandleStrategyKind.None || r.Strategy.Kind == kind);
        if (kind == HandleStrategyKind.InlineOnly && !alone)
            return;
        if (serving.Length > 0)
            Add(series, serving, name);
        else
            Add(series, rows, name + Refuses);
    }

    /// <summary>The cache for the longest handle, or each that was asked for.</summary>
    private static void AddCaches(List<PlotSeries> series, SweepResult result)
    {
        ILookup<int, SweepRow> caches = result.Rows
            .Where(r => r.Strategy.Kind == HandleStrategyKind.InlineCache)
            .ToLookup(r => r.Strategy.SpillBytes);
        int longest = HandleStrategy.MaxHandleBytes;
        foreach (IGrouping<int, SweepRow> cache in caches)
        {
            if (caches.Contains(longest) && cache.Key != longest)
                continue;
            SweepRow[] serving = [.. cache.Where(r => r.RefusedShare < 1e-9)];
            string name = string.Create(
                CultureInfo.InvariantCulture, $"inline:N+cache:{cache.Key}");
            if (serving.Length > 0)
                Add(series, serving, name);
            else
                Add(series, cache, name + Refuses);
        }
    }

    private static void Add(List<PlotSeries> series, IEnumerable<SweepRow> rows, string name)
    {
        List<(double, double)> points =
            [.. rows.Select(r => ((double)SweepRange.LengthOf(r.Strategy), r.BytesPerInode))];
        // One length is a point, and the key says which.
        string remark = string.Concat(new[] { PostedAs, Refuses }.Where(name.Contains));
        if (points.Count == 1)
            series.Add(new PlotSeries(rows.First().Strategy + remark, points));
        else if (points.Count > 0)
            series.Add(new PlotSeries(name, points, Steps: true));
    }

    private static void AddFlat(
        List<PlotSeries> series, SweepResult result, HandleStrategyKind kind, string origin)
    {
        SweepRow? row = result.Rows.LastOrDefault(r => r.Strategy.Kind == kind);
        if (row is not null)
            AddFlat(series, row, origin);
    }

    private static void AddFlat(List<PlotSeries> series, SweepRow row, string origin)
    {
        double last = HandleStrategy.MaxHandleBytes;
        series.Add(new PlotSeries(
            row.Strategy + origin, [(0, row.BytesPerInode), (last, row.BytesPerInode)]));
    }
}
