namespace HandleCache.Bars.Table;

/// <summary>The same part measured by several processes, as one result.</summary>
internal static class Processes
{
    /// <summary>
    /// Of each row that of the process whose figure (value, where it has none) is the median, so
    /// that what stands in a row was measured together; with the spread of all.
    /// </summary>
    /// <exception cref="FormatException">They have other rows.</exception>
    public static ResultFile Median(IReadOnlyList<ResultFile> files)
    {
        ResultFile last = files[^1];
        List<ResultRow> rows = [];
        foreach (ResultRow row in last.Rows)
        {
            ResultRow[] all =
            [
                .. files.Select(file => file.Rows.SingleOrDefault(other => other.Name == row.Name)
                        ?? throw new FormatException($"'{row.Name}' is not in all files"))
                    .OrderBy(Judged),
            ];
            rows.Add(all[all.Length / 2] with { Spread = [Judged(all[0]), Judged(all[^1])] });
        }

        return last with
        {
            Rows = rows,
            Notes =
            [
                .. last.Notes,
                $"Of {files.Count} processes the median one, row by row, with the least and the "
                    + "most of what is judged, or of the value, in brackets.",
            ],
        };
    }

    private static double Judged(ResultRow row) => row.Figure ?? row.Value;
}
