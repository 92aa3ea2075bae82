using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Cli.Slab;
using HandleCache.Cli.Sweep;
using HandleCache.Lab.Compare;
using HandleCache.Lab.Restart;

namespace HandleCache.Cli.Compare;

/// <summary>
/// `compare` as text: the answer, the figures, the thread's questions, the defects.
/// </summary>
internal static class CompareText
{
    private const int NameColumns = 24;
    private const int CellColumns = 11;

    private const string BackingNote =
        "Today's kernel chooses the ids, a new server knows none, and no dialect tells it; "
        + "`restart` measures these rows. With ids that the server chooses (FUSE_BACKING_ID_64, in "
        + "the maintainer's tree, in no release) the next one gives the same id again.";

    public static string Of(CompareRequest request, CompareResult result)
    {
        StringBuilder text = new();
        TextTable.Paragraph(text, Answer(result), 0);
        text.Append('\n');
        SweepText.Mix(text, result.Mix);
        TextTable.Paragraph(
            text,
            SlabRenderer.KernelLine(result.Kernel) + ". Bytes are derived, by writing the "
            + "messages with each dialect's codec; nothing here is measured on a kernel.",
            2);
        foreach (CompareTable.Group group in CompareTable.Of(request, result))
            Table(text, result, group);
        text.Append("\nWhat the thread asks\n");
        foreach (QuestionRow row in result.Questions)
        {
            TextTable.Paragraph(
                text, $"{row.Id} {row.Question} {row.Answer} ({row.How}).", 6, 2);
        }

        text.Append("\nBacking files over the death of a server, in every dialect (derived)\n");
        foreach (BackingRule rule in BackingRule.All)
            text.Append(CultureInfo.InvariantCulture, $"  {rule.Name,-34}{rule.Predicted}\n");
        TextTable.Paragraph(text, BackingNote, 2, 2);
        text.Append("\nKnown defects of the proposals, each run with and without (derived)\n");
        foreach (DefectRow row in result.Defects)
            Defect(text, row);
        return text.ToString();
    }

    public static string Answer(CompareResult result)
    {
        OperationRow Lookup(DialectRow row) => row.Operations[0];
        DialectRow[] carrying = [.. result.Rows.Where(r => r.CarriesHandles)];
        if (carrying.Length == 0)
            return "No dialect that was compared carries handles.";
        DialectRow shortest = carrying.MinBy(r => Lookup(r).ReplyBytes)!;
        DialectRow fullest = carrying.MaxBy(r => r.Listings[0].EntriesPerBuffer)!;
        DialectRow complete = carrying.OrderBy(r => r.Operations.Count(o => !o.BringsHandle))
            .ThenBy(r => r.ColdStatRequests).ThenBy(r => Lookup(r).ReplyBytes).First();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"For {result.Mix.Name}: the shortest LOOKUP reply with a handle is "
            + $"{shortest.Name}'s ({Lookup(shortest).ReplyBytes:0.##} bytes); most "
            + $"READDIRPLUS entries per page has {fullest.Name} "
            + $"({fullest.Listings[0].EntriesPerBuffer}); of those that return a handle from "
            + $"{complete.Operations.Count(o => o.BringsHandle)} of 8 operations, "
            + $"{complete.Name} needs the fewest requests and bytes (derived).");
    }

    private static void Table(
        StringBuilder text, CompareResult result, CompareTable.Group group)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{group.Title}\n{"",-NameColumns}");
        foreach (DialectRow row in result.Rows)
            text.Append(CompareTable.Short(row.Name, CellColumns - 1).PadLeft(CellColumns));
        text.Append('\n');
        foreach (CompareTable.Line line in group.Lines)
        {
            text.Append(CultureInfo.InvariantCulture, $"{line.Name,-NameColumns}");
            foreach (string cell in line.Cells)
                text.Append(CultureInfo.InvariantCulture, $"{Cut(cell),CellColumns}");
            text.Append('\n');
        }
    }

    /// <summary>pointer-max:128 is longer than a column.</summary>
    private static string Cut(string cell) => cell.Length < CellColumns
        ? cell
        : cell.Replace("pointer-max", "ptrmax", StringComparison.Ordinal);

    private static void Defect(StringBuilder text, DefectRow row)
    {
        string item = row.Item > 0 ? $"{row.Item}" : "-";
        TextTable.Paragraph(text, $"{item} {row.Name}: {row.Description}.", 6, 2);
        TextTable.Paragraph(text, $"shown by: {row.Sequence}", 8, 6);
        TextTable.Paragraph(text, $"with it: {row.With}", 8, 6);
        TextTable.Paragraph(
            text, $"without: {row.Without}{(row.Shown ? "" : " -- NOT SHOWN")}", 8, 6);
    }
}
