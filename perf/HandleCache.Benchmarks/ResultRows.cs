using System.Globalization;
using BenchmarkDotNet.Reports;
using HandleCache.Bars.Table;

namespace HandleCache.Benchmarks;

/// <summary>Summaries of BenchmarkDotNet as rows of a result file.</summary>
internal static class ResultRows
{
    private const string Ours = "HandleCache";

    /// <exception cref="InvalidOperationException">A benchmark failed.</exception>
    public static IReadOnlyList<ResultRow> Of(IEnumerable<Summary> summaries)
    {
        List<ResultRow> rows = [];
        foreach (Summary summary in summaries)
        {
            if (summary.HasCriticalValidationErrors || summary.Reports.Any(r => !r.Success))
                throw new InvalidOperationException($"{summary.Title}: a benchmark failed");
            rows.AddRange(summary.Reports
                .GroupBy(r => (
                    Class: r.BenchmarkCase.Descriptor.Type.Name,
                    Of: r.BenchmarkCase.Parameters.DisplayInfo))
                .Select(group => Row(group.Key.Class, group.Key.Of, [.. group])));
        }

        return rows;
    }

    private static ResultRow Row(
        string className, string parameters, IReadOnlyList<BenchmarkReport> reports)
    {
        BenchmarkReport ours = reports.FirstOrDefault(r => Method(r) == Ours) ?? reports[^1];
        string of = parameters.Trim('[', ']');
        return new()
        {
            Name = Words(className) + (of.Length > 0 ? $", {of}" : "")
                + (Method(ours) == Ours ? "" : $" ({Words(Method(ours))})") + Allocated(ours),
            Unit = "ns",
            Value = Median(ours),
            Peers = [.. reports.Where(r => r != ours).Select(
                r => new Peer(Words(Method(r)) + Allocated(r), Median(r)))],
        };
    }

    private static string Method(BenchmarkReport report) =>
        report.BenchmarkCase.Descriptor.WorkloadMethod.Name;

    private static double Median(BenchmarkReport report) =>
        report.ResultStatistics?.Median
            ?? throw new InvalidOperationException($"{Method(report)} has no result");

    /// <summary>What an operation allocates, where it does.</summary>
    private static string Allocated(BenchmarkReport report)
    {
        long bytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;
        return bytes == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({bytes} B)");
    }

    /// <summary>"HandleCacheOneByOne" becomes "HandleCache one by one".</summary>
    private static string Words(string name)
    {
        string rest = name.StartsWith(Ours, StringComparison.Ordinal) ? name[Ours.Length..] : name;
        string words = string.Concat(rest.Select(
            (c, i) => char.IsUpper(c) && i > 0 ? " " + char.ToLowerInvariant(c) : $"{c}"));
        if (rest.Length == name.Length)
            return words;
        return rest.Length == 0 ? Ours : $"{Ours} {char.ToLowerInvariant(words[0])}{words[1..]}";
    }
}
