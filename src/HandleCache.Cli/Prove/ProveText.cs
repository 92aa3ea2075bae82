using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Prove;

namespace HandleCache.Cli.Prove;

/// <summary>`prove` as one page: predicted beside measured for each strategy.</summary>
internal static class ProveText
{
    private const int NameColumns = 44;
    private const int FigureColumns = 17;

    public static string Of(ProveResult result)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{result.Options.Files} files, handles of ")
            .Append(CultureInfo.InvariantCulture, $"{result.Options.FileSystem}, ")
            .Append(CultureInfo.InvariantCulture, $"{result.Options.Cpus} processors, emulated\n");
        foreach (ProveRun run in result.Runs)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{run.Release}, {run.Strategy}")
                .Append(run.Fault == ModuleFault.None ? "" : $", broken: {run.Fault}")
                .Append('\n');
            Rows(text, run.Fault == ModuleFault.None
                ? run.Rows
                : [.. run.Rows.Where(row => !row.Holds)]);
        }

        return text.Append(result.Holds ? "\nverdict: match\n" : "\nverdict: diverge\n")
            .ToString();
    }

    /// <summary>Of a broken module those that show it.</summary>
    private static void Rows(StringBuilder text, IReadOnlyList<ProofRow> rows)
    {
        if (rows.Count == 0)
        {
            text.Append("not seen\n");
            return;
        }

        Row(text, "", "predicted", "measured");
        foreach (ProofRow row in rows)
        {
            bool isShort = row.Measured.Length <= FigureColumns - 2;
            Row(
                text, row.Name, row.Predicted,
                (isShort ? row.Measured : "") + (row.Holds ? "" : " !"));
            if (!isShort)
                TextTable.Paragraph(text, row.Measured, 6, 6);
        }
    }

    private static void Row(StringBuilder text, string name, string predicted, string measured)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-NameColumns}{predicted,FigureColumns} {measured,FigureColumns}");
        text.Append(line.TrimEnd()).Append('\n');
    }
}
