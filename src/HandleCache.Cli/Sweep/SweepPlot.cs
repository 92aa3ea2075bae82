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
    /// <summary>Two numbers below the axis need so much room between them.</summary>
    private const int TicBytes = 4;

    /// <summary>Where nothing happens, at multiples of this.</summary>
    private const int RoundTic = 16;

    /// <summary>So many characters are as wide as the picture.</summary>
    private const int TitleLength = 100;
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
                $"Kernel memory per inode on {SlabRenderer.NameOf(result.Kernel)}, "
                + $"{result.Kernel.PresentCpus} CPUs (derived)"),
            Subtitle = Shorten(
                $"{Path.GetFileName(result.Mix.Name)}: {result.Mix.Origin}"),
            XLabel = "N: bytes of handle inside the inode (pointer-max: in its buffer)",
            YLabel = "bytes per inode (not from 0)",
            Series = series,
            X = Tics(result),
        };
    }

    /// <summary>Where something happens: the ends of the best, and where an inode grows.</summary>
    private static List<int> Tics(SweepResult result)
    {
        SweepRange best = BestOf(result);
        int[] wanted =
        [
            0, HandleStrategy.MaxHandleBytes, SweepRange.LengthOf(best.Last.Strategy),
            SweepRange.LengthOf(best.First.Strategy),
            .. result.Steps.Select(step => step.FromInlineBytes),
        ];
        List<int> tics = [];
        foreach (int tic in wanted)
            AddTic(tic, TicBytes);
        for (int tic = RoundTic; tic < HandleStrategy.MaxHandleBytes; tic += RoundTic)
            AddTic(tic, RoundTic / 2);
        void AddTic(int tic, int room)
        {
            if (tics.TrueForAll(other => Math.Abs(other - tic) >= room))
                tics.Add(tic);
        }

        tics.Sort();
        return tics;
    }

    private static string Shorten(string text) =>
        text.Length <= TitleLength ? text : $"{text[..(TitleLength - 3)]}...";

    private static SweepRange BestOf(SweepResult result) =>
        SweepAnswer.SameCost(result) ?? new(result.Best, result.Best);

    /// <summary>The best, from end to end of the lengths that cost the same.</summary>
    private static void AddBest(List<PlotSeries> series, SweepResult result)
    {
        SweepRange best = BestOf(result);
        SweepRow[] ends = best.First == best.Last ? [best.First] : [best.First, best.Last];
        series.Add(new PlotSeries(
            result.Best.DeltaBytes < 0.005
                ? $"best: {Name(result, best)}, as today"
                : $"best: {Name(result, best)}, {TextTable.Difference(result.Best.DeltaBytes)}",
            [.. ends.Select(r => ((double)SweepRange.LengthOf(r.Strategy), r.BytesPerInode))],
            Marks: true));
    }

    private static string Name(SweepResult result, SweepRange best) =>
        best.First == best.Last
            ? result.Best.Strategy.ToString()
            : $"{result.Best.Strategy} (= {best.Name})";

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
        if (serving.Length == rows.Length)
            Add(series, rows, name);
        else if (serving.Length > 0)
            Add(series, serving, name, Below(serving[0]));
        else
            Add(series, rows, name, Refuses);
    }

    private static string Below(SweepRow first) => string.Create(
        CultureInfo.InvariantCulture,
        $" (refuses below {SweepRange.LengthOf(first.Strategy)})");

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
                Add(series, cache, name, Refuses);
        }
    }

    private static void Add(
        List<PlotSeries> series, IEnumerable<SweepRow> rows, string name, string remark = "")
    {
        List<(double, double)> points =
            [.. rows.Select(r => ((double)SweepRange.LengthOf(r.Strategy), r.BytesPerInode))];
        // One length is a point, and the key says which.
        if (points.Count == 1)
        {
            string posted = name.Contains(PostedAs, StringComparison.Ordinal) ? PostedAs : "";
            string refuses = remark == Refuses ? Refuses : "";
            series.Add(new PlotSeries(rows.First().Strategy + posted + refuses, points));
        }
        else if (points.Count > 0)
        {
            series.Add(new PlotSeries(name + remark, points, Steps: true));
        }
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
