using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Soak;

namespace HandleCache.Cli.Soak;

/// <summary>What `soak --hostile` says as text.</summary>
internal static class HostileText
{
    private const int MiB = 1 << 20;
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static void Write(
        TextWriter output, HostileOptions options, HostileResult result)
    {
        StringBuilder text = new();
        text.AppendLine(Plain,
            $"seed {options.Seed}, {result.Rows.Sum(row => row.Messages)} messages, "
            + $"{result.Seconds:F0} s, {result.PeakResidentBytes / MiB} MiB resident at most");
        text.Append('\n');
        text.AppendLine(Plain,
            $"{"damaged messages to",-24}{"fed",12}{"taken",12}{"bytes each",14}");
        foreach (HostileSurfaceRow row in result.Rows)
        {
            text.AppendLine(Plain,
                $"{row.Name,-24}{row.Messages,12}{row.Taken,12}{row.MostAllocatedBytes,14}");
            if (row.Skipped is { } why)
                TextTable.Paragraph(text, $"not run: {why}", indent: 2, first: 2);
        }

        foreach (HostileFinding finding in result.Findings)
            Finding(text, options, finding);
        text.Append('\n');
        text.AppendLine(Plain, $"verdict: {result.Verdict}");
        output.Write(text);
    }

    private static void Finding(
        StringBuilder text, HostileOptions options, HostileFinding finding)
    {
        text.Append('\n');
        text.AppendLine(Plain,
            $"broken: {finding.Surface}, message {finding.Message} of round {finding.Round}");
        text.AppendLine(finding.Wrong);
        text.AppendLine("last messages:");
        foreach (string bytes in finding.Bytes)
            text.Append("  ").AppendLine(bytes);
        text.AppendLine(Plain,
            $"repeat: handlecache soak --surface {finding.Surface} --round {finding.Round} "
            + $"--seed {options.Seed}");
    }
}
