using HandleCache.Lab.Compare;
using HandleCache.Lab.Plots;

namespace HandleCache.Cli.Compare;

/// <summary>`compare` as a plot: bytes of a LOOKUP per dialect.</summary>
internal static class ComparePlot
{
    public static Plot Of(CompareResult result) => new()
    {
        Title = $"One LOOKUP, {result.Mix.Name} (derived)",
        XLabel = "dialect",
        YLabel = "bytes",
        Bars = [.. result.Rows.Select(row => row.Name)],
        Series =
        [
            SeriesOf(result, "reply", o => o.ReplyBytes),
            SeriesOf(result, "reserved for the reply", o => o.ReservedBytes),
            SeriesOf(result, "added to the request", o => o.RequestExtraBytes),
        ],
    };

    private static PlotSeries SeriesOf(
        CompareResult result, string name, Func<OperationRow, double> value) =>
        new(name, [.. result.Rows.Select((row, i) => ((double)i, value(row.Operations[0])))]);
}
