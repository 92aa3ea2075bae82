using System.Globalization;
using System.Text;

namespace HandleCache.Bars.Table;

/// <summary>The tables of perf/README.md, in Markdown, from result files.</summary>
internal static class TableWriter
{
    public const string Begin = "<!-- perf:begin -->";
    public const string End = "<!-- perf:end -->";

    /// <summary>The text with what is between its markers replaced.</summary>
    /// <exception cref="FormatException">The markers are not there, in this order.</exception>
    public static string Replace(string text, IEnumerable<ResultFile> files)
    {
        return Between(text, Begin, End, Write(files));
    }

    /// <summary>The text with what is between two markers replaced.</summary>
    /// <exception cref="FormatException">The markers are not there, in this order.</exception>
    public static string Between(string text, string begin, string end, string content)
    {
        int from = text.IndexOf(begin, StringComparison.Ordinal);
        int to = text.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from)
            throw new FormatException($"the markers {begin} and {end} are not there");
        return text[..(from + begin.Length)] + "\n" + content + text[to..];
    }

    private static string Write(IEnumerable<ResultFile> files)
    {
        var text = new StringBuilder();
        foreach (ResultFile file in files.OrderBy(f => f.Order).ThenBy(f => f.Title))
            Write(text, file);
        return text.Append('\n').ToString();
    }

    private static void Write(StringBuilder text, ResultFile file)
    {
        Machine on = file.Machine;
        text.Append(CultureInfo.InvariantCulture, $"\n**{file.Title}**: `{file.Command}`, ")
            .Append(CultureInfo.InvariantCulture, $"{file.Date.UtcDateTime:yyyy-MM-dd}, ")
            .Append("measured on ")
            .Append(CultureInfo.InvariantCulture, $"{on.Cpu}, {on.Cores} cores, ")
            .Append(CultureInfo.InvariantCulture, $"{on.MemoryGiB} GiB, Linux {on.Kernel}.");
        foreach (string note in file.Notes)
            text.Append(' ').Append(Sentence(note));
        text.Append("\n\n| what | unit | HandleCache | beside it | bar | |\n")
            .Append("|---|---|---:|---|---|---|\n");
        foreach (ResultRow row in file.Rows)
            Append(text, row);

        foreach (ResultRow row in file.Rows.Where(row => row.Note is not null))
            text.Append("\n- ").Append(row.Name).Append(": ").Append(Sentence(row.Note!));
        if (file.Rows.Any(row => row.Note is not null))
            text.Append('\n');
    }

    /// <summary>One line of a table.</summary>
    public static void Append(StringBuilder text, ResultRow row) => text
        .Append("| ").Append(row.Name).Append(" | ").Append(row.Unit).Append(" | ")
        .Append(Number(row.Value)).Append(" | ")
        .AppendJoin("; ", row.Peers.Select(p => $"{p.Name} {Number(p.Value)}"))
        .Append(" | ").Append(BarOf(row)).Append(" | ").Append(Verdict(row)).Append(" |\n");

    private static string BarOf(ResultRow row)
    {
        string bar = row.Figure is { } figure
            ? $"{row.Bar}: {Number(figure)}"
            : row.Bar ?? "";
        if (row.Spread is not { } spread)
            return bar;
        string range = $"{Number(spread[0])} to {Number(spread[1])}";
        return bar.Length == 0 ? range : $"{bar} ({range})";
    }

    private static string Verdict(ResultRow row) => row.Met switch
    {
        true => "met",
        false => "**not met**",
        null => "",
    };

    /// <summary>The note with its full stop.</summary>
    private static string Sentence(string note) => note.EndsWith('.') ? note : note + ".";

    /// <summary>Three digits, or all before the point where there are more.</summary>
    private static string Number(double value)
    {
        double size = Math.Abs(value);
        string format = size switch
        {
            >= 100 or 0 => "#,0",
            >= 10 => "0.0",
            >= 1 => "0.00",
            _ => "0.000",
        };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }
}
