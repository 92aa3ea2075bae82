using System.Globalization;
using System.Text;

namespace HandleCache.Bars.Table;

/// <summary>
/// The README's short table: a few rows of the result files, and how many of all bars are met.
/// </summary>
internal static class SummaryWriter
{
    public const string Begin = "<!-- perf-summary:begin -->";
    public const string End = "<!-- perf-summary:end -->";

    /// <summary>The rows that the README shows, by name.</summary>
    public static IReadOnlyList<string> Headlines { get; } =
    [
        "iget hit, 128 in flight",
        "memory per inode",
        "1 million inodes, ext4, inline:12",
        "stat storm, 1 thread",
        "10,000,000 files through the mount: server and tap, resident",
    ];

    /// <exception cref="FormatException">No markers, or a headline that no file has.</exception>
    public static string Replace(string text, IReadOnlyList<ResultFile> files)
    {
        StringBuilder table = new("\n| what | unit | HandleCache | beside it | bar | |\n");
        table.Append("|---|---|---:|---|---|---|\n");
        foreach (string headline in Headlines)
        {
            ResultRow row = files.SelectMany(file => file.Rows)
                .FirstOrDefault(row => row.Name == headline)
                ?? throw new FormatException($"no result file has the row '{headline}'");
            TableWriter.Append(table, row);
        }

        List<ResultRow> barred = [.. files.SelectMany(file => file.Rows).Where(r => r.Met != null)];
        table.Append(CultureInfo.InvariantCulture, $"\n{barred.Count(row => row.Met == true)} of ")
            .Append(CultureInfo.InvariantCulture, $"{barred.Count} bars are met; ")
            .Append("every row, its machine and the cause of each shortfall: ")
            .Append("`perf/README.md`.\n\n");
        return TableWriter.Between(text, Begin, End, table.ToString());
    }
}
