using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Guests;

namespace HandleCache.Cli.Kernels;

/// <summary>`kernels` as a matrix of 80 columns, the divergences below it.</summary>
internal static class KernelsText
{
    private const int KernelColumns = 9;
    private const int CheckColumns = 15;

    /// <summary>More go below.</summary>
    private const int ChecksAcross = (TextTable.Columns - KernelColumns) / CheckColumns;

    public static string Of(KernelLabResult result)
    {
        string[] kernels = [.. result.Rows.Select(row => row.Kernel).Distinct()];
        string[] checks = [.. result.Rows.Select(row => row.Check)
            .Where(check => check != "-").Distinct()];
        StringBuilder text = new();
        if (checks.Length == 0)
            Block(text, kernels, [], result.Rows);
        foreach (string[] some in checks.Chunk(ChecksAcross))
        {
            if (text.Length > 0)
                text.Append('\n');
            Block(text, kernels, some, result.Rows);
        }

        foreach (GuestRow row in result.Rows.Where(
            row => row.Verdict != GuestVerdict.Match || row.Detail.Length > 0))
        {
            text.Append('\n');
            TextTable.Paragraph(
                text, $"{row.Kernel} {row.Release} {row.Check}: {Word(row.Verdict)}: {row.Detail}",
                4);
            TextTable.Paragraph(text, $"repeat: {row.Command}", 4, 4);
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nverdict: {result.Verdict}\n")
            .ToString();
    }

    private static void Block(
        StringBuilder text, string[] kernels, string[] checks, IReadOnlyList<GuestRow> all)
    {
        text.Append(CultureInfo.InvariantCulture, $"{"kernel",-KernelColumns}");
        foreach (string check in checks)
            text.Append(CultureInfo.InvariantCulture, $"{check,CheckColumns}");
        text.Append('\n');
        foreach (string kernel in kernels)
        {
            text.Append(CultureInfo.InvariantCulture, $"{kernel,-KernelColumns}");
            foreach (string check in checks)
            {
                GuestRow? row = all.FirstOrDefault(
                    row => row.Kernel == kernel && row.Check == check);
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{(row is null ? "-" : Word(row.Verdict)),CheckColumns}");
            }

            text.Append('\n');
        }
    }

    public static string Word(GuestVerdict verdict) => verdict switch
    {
        GuestVerdict.Match => "match",
        GuestVerdict.Diverge => "diverge",
        GuestVerdict.NotOffered => "not offered",
        GuestVerdict.Undecided => "undecided",
        GuestVerdict.Failed => "failed",
        _ => throw new InvalidOperationException($"unknown verdict {verdict}"),
    };
}
