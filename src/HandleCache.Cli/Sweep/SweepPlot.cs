using System.Globalization;
using HandleCache.Lab.Plots;
using HandleCache.Lab.Sweep;
using HandleCache.Model.Handles;

namespace HandleCache.Cli.Sweep;

/// <summary>
/// `sweep` as a plot: bytes per inode over the inline length, a line per strategy.
/// </summary>
internal static class SweepPlot
{
    public static Plot Of(SweepResult result)
    {
        List<PlotSeries> series = [];
        AddKind(series, result, HandleStrategyKind.Inline, "inline:N (kmalloc spill)");
        AddKind(series, result, HandleStrategyKind.InlineCache, "inline:N+cache:128");
        AddKind(series, result, HandleStrategyKind.Static, "static:N (serves all of the mix)");
        AddFlat(series, result, HandleStrategyKind.Pointer, "pointer (RFC v3)");
        AddFlat(series, result, HandleStrategyKind.PointerMax, "pointer-max:128 (RFC v1/v2)");
        AddFlat(series, result, HandleStrategyKind.None, "none (today)");
        return new Plot
        {
            Title = string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Mix.Name} on {result.Kernel.Name}, {result.Kernel.PresentCpus} CPUs "
                + $"(derived)"),
            XLabel = "inline bytes N",
            YLabel = "bytes per inode",
            Series = series,
        };
    }

    private static void AddKind(
        List<PlotSeries> series, SweepResult result, HandleStrategyKind kind, string name)
    {
        List<(double, double)> points = [.. result.Rows
            .Where(r => r.Strategy.Kind == kind && r.RefusedShare < 1e-9
                && (kind != HandleStrategyKind.InlineCache
                    || r.Strategy.SpillBytes == HandleStrategy.MaxHandleBytes))
            .Select(r => ((double)r.Strategy.InlineBytes, r.BytesPerInode))];
        if (points.Count > 0)
            series.Add(new PlotSeries(name, points, Steps: true));
    }

    private static void AddFlat(
        List<PlotSeries> series, SweepResult result, HandleStrategyKind kind, string name)
    {
        SweepRow? row = result.Rows.LastOrDefault(r => r.Strategy.Kind == kind);
        if (row is null)
            return;
        double last = HandleStrategy.MaxHandleBytes;
        series.Add(new PlotSeries(name, [(0, row.BytesPerInode), (last, row.BytesPerInode)]));
    }
}
