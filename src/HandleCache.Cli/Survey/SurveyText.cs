using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Cli.Sweep;
using HandleCache.Lab.Survey;

namespace HandleCache.Cli.Survey;

/// <summary>`survey` as text: the answer, then a table per file system.</summary>
internal static class SurveyText
{
    /// <summary>FANOTIFY_INLINE_FH_LEN, in bytes.</summary>
    private const int FanotifyInline = 12;

    public static string Of(SurveyRequest request, SurveyResult result, string? savedFile)
    {
        StringBuilder text = new();
        TextTable.Paragraph(text, Answer(result), 0);
        text.Append('\n');
        TextTable.Paragraph(text, Ascii($"Below {string.Join(", ", request.Paths)}:"), 2);
        foreach (SurveyFileSystem system in result.FileSystems)
        {
            TextTable.Paragraph(
                text,
                Ascii($"{system.Type} ({system.Device}), {Mounts(system)}: ")
                + $"{TextTable.Number(system.Objects)} objects",
                2);
            Rows(text, "plain", system.Lengths, system.WithoutHandle);
            if (request.Connectable)
                Rows(text, "connectable", system.Connectable, system.WithoutConnectable);
        }

        if (result.Errors > 0)
            Errors(text, result);
        if (savedFile is not null)
        {
            TextTable.Paragraph(
                text, Ascii($"Saved as a mix: handlecache sweep --handles {savedFile}"), 2);
        }

        return text.ToString();
    }

    public static string Answer(SurveyResult result)
    {
        long with = result.Lengths.Sum(row => row.Count);
        string counted = string.Create(
            CultureInfo.InvariantCulture,
            $"Measured on Linux {result.KernelRelease} in {result.ElapsedSeconds:F1} s: "
            + $"{result.Objects} objects, {result.Directories} of them directories");
        if (with == 0)
            return $"{counted}; none of them has a file handle.";
        long fits = result.Lengths.Where(row => row.Bytes <= FanotifyInline)
            .Sum(row => row.Count);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{counted}. The longest handle has {result.Lengths.Max(row => row.Bytes)} bytes; "
            + $"{SweepAnswer.Percent((double)fits / with)} fit in {FanotifyInline}, which fanotify "
            + $"keeps inline.");
    }

    private static void Rows(
        StringBuilder text, string name, IReadOnlyList<SurveyLength> rows, long without)
    {
        double all = rows.Sum(row => row.Count) + without;
        foreach (SurveyLength row in rows)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"  {name,-12} {$"0x{row.Type:x}",8} {row.Bytes,4} bytes {row.Count,12}"
                + $" {100 * row.Count / all,7:F2}%\n");
        }

        if (without > 0)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"  {name,-12} {"-",8} {"no handle",10} {without,12}"
                + $" {100 * without / all,7:F2}%\n");
        }
    }

    private static string Mounts(SurveyFileSystem system) =>
        system.MountPoints.Count <= 2
            ? string.Join(", ", system.MountPoints)
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{system.MountPoints[0]} and {system.MountPoints.Count - 1} more");

    private static void Errors(StringBuilder text, SurveyResult result)
    {
        text.Append(CultureInfo.InvariantCulture, $"{result.Errors} could not be read:\n");
        foreach (string example in result.ErrorExamples)
            TextTable.Paragraph(text, Ascii(example), 4, 2);
    }

    /// <summary>File names are bytes; what is no ASCII letter is shown as '?'.</summary>
    private static string Ascii(string text) =>
        string.Concat(text.Select(c => c is (>= ' ' and <= '~') or '\n' ? c : '?'));
}
