using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Guests;

namespace HandleCache.Cli.Kernels;

/// <summary>`kernels` as a matrix of 80 columns, the divergences below it.</summary>
internal static class KernelsText
{
    private const int KernelColumns = 9;
    private const int CheckColumns = 13;

    public static string Of(KernelLabResult result)
    {
        string[] kernels = [.. result.Rows.Select(row => row.Kernel).Distinct()];
        string[] checks = [.. result.Rows.Select(row => row.Check)
            .Where(check => check != "-").Distinct()];
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{"kernel",-KernelColumns}");
        foreach (string check in checks)
            text.Append(CultureInfo.InvariantCulture, $"{check,CheckColumns}");
        text.Append('\n');
        foreach (string kernel in kernels)
        {
            text.Append(CultureInfo.InvariantCulture, $"{kernel,-KernelColumns}");
            GuestRow[] rows = [.. result.Rows.Where(row => row.Kernel == kernel)];
            foreach (string check in checks)
            {
                string cell = rows.FirstOrDefault(row => row.Check == check) is { } row
                    ? Word(row.Verdict)
                    : "-";
                text.Append(CultureInfo.InvariantCulture, $"{cell,CheckColumns}");
            }

            text.Append('\n');
        }

        foreach (GuestRow row in result.Rows)
        {
            if (row.Verdict == GuestVerdict.Match && row.Detail.Length == 0)
                continue;
            text.Append('\n');
            TextTable.Paragraph(
                text, $"{row.Kernel} {row.Release} {row.Check}: {Word(row.Verdict)}: {row.Detail}",
                4);
            TextTable.Paragraph(text, $"repeat: {row.Command}", 4, 4);
        }

        return text.Append(result.Holds ? "\nverdict: match\n" : "\nverdict: diverge\n")
            .ToString();
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
