using System.Globalization;
using HandleCache.Lab.Plots;
using HandleCache.Lab.Survey;

namespace HandleCache.Cli.Survey;

/// <summary>`survey` as a plot: share of the objects by handle length.</summary>
internal static class SurveyPlot
{
    public static Plot Of(SurveyRequest request, SurveyResult result)
    {
        int[] lengths = [.. result.Lengths.Concat(result.Connectable)
            .Select(row => row.Bytes).Distinct().Order()];
        List<PlotSeries> series = [SeriesOf("plain", result.Lengths, lengths)];
        if (result.Connectable.Count > 0)
            series.Add(SeriesOf("connectable", result.Connectable, lengths));
        string types = string.Join(", ", result.FileSystems.Select(f => f.Type).Distinct());
        return new Plot
        {
            Title = string.Create(
                CultureInfo.InvariantCulture,
                $"Handles below {string.Join(", ", request.Paths)}: {result.Objects} objects on "
                + $"{types}, Linux {result.KernelRelease} (measured)"),
            XLabel = "length of the handle, bytes",
            YLabel = "objects, percent",
            Percent = true,
            Bars = [.. lengths.Select(n => n.ToString(CultureInfo.InvariantCulture))],
            Series = series,
        };
    }

    private static PlotSeries SeriesOf(
        string name, IReadOnlyList<SurveyLength> rows, int[] lengths)
    {
        double all = Math.Max(1, rows.Sum(row => row.Count));
        return new PlotSeries(
            name,
            [.. lengths.Select((bytes, i) => (
                (double)i, 100 * rows.Where(r => r.Bytes == bytes).Sum(r => r.Count) / all))]);
    }
}
