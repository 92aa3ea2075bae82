using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Watch;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Watch;

/// <summary>What `watch` says, as text and as its document.</summary>
internal static class WatchText
{
    private const double MiB = 1 << 20;
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    /// <summary>Said when it can be used: after kill -9 nobody is left to unmount.</summary>
    public static void Mounted(TextWriter output, WatchOptions options)
    {
        output.WriteLine($"serving {options.Command[0]} on {options.MountPoint}");
        output.WriteLine($"Ctrl-C unmounts; after kill -9: umount -l {options.MountPoint}");
        output.Flush();
    }

    public static void Write(TextWriter output, WatchResult result)
    {
        StringBuilder text = new();
        CultureInfo plain = CultureInfo.InvariantCulture;
        text.AppendLine(plain,
            $"kernel {result.Kernel.Release}, FUSE {result.Kernel.Protocol}, measured");
        text.AppendLine(plain,
            $"{result.Statistics.Requests} requests, "
            + $"{result.Statistics.InodesPeak} inodes at most");
        text.Append('\n');
        Checks(text, "check", "mismatches", result.Checks);
        text.Append('\n');
        Checks(text, "rule of the server", "broken", result.Rules);
        Latencies(text, result.Latencies);
        text.Append('\n');
        text.AppendLine(plain, $"{"strategy",-20}{"bytes/inode",12}{"MiB at most",14}");
        foreach (CostRow cost in result.Costs)
        {
            text.AppendLine(
                plain,
                $"{cost.Strategy,-20}{cost.BytesPerInode,12:F2}{cost.TotalBytes / MiB,14:F2}");
        }

        if (result.Restarts is { } restarts)
            Restarts(text, restarts);
        if (result.Ending is { } ending)
            Ending(text, ending, result);
        foreach (string note in result.Notes)
            TextTable.Paragraph(text, $"note: {note}", indent: 2);
        text.Append('\n');
        text.AppendLine(plain, $"verdict: {result.Verdict}");
        output.Write(text);
    }

    private static void Checks(
        StringBuilder text, string what, string failed, IReadOnlyList<CheckResult> checks)
    {
        text.AppendLine(Plain, $"{what,-20}{"compared",12}{failed,14}");
        foreach (CheckResult check in checks)
        {
            text.AppendLine(check.NotCompared is null
                ? string.Create(Plain, $"{check.Name,-20}{check.Compared,12}{check.Mismatches,14}")
                : string.Create(Plain, $"{check.Name,-20}{"not compared",12}"));
            if ((check.FirstMismatch ?? check.NotCompared) is { } words)
                TextTable.Paragraph(text, words, indent: 2, first: 2);
        }
    }

    /// <summary>At most so many rows of operations.</summary>
    public static void Latencies(
        StringBuilder text, IReadOnlyList<LatencyRow> rows, int most = int.MaxValue)
    {
        text.Append('\n');
        text.AppendLine(
            Plain,
            $"{"operation",-20}{"replies",12}{"median us",14}{"99 % us",14}{"worst us",14}");
        foreach (LatencyRow row in rows.Take(most))
        {
            text.AppendLine(
                Plain,
                $"{row.Operation,-20}{row.Count,12}{row.MedianUs,14:F1}{row.P99Us,14:F1}"
                + $"{row.WorstUs,14:F1}");
        }
    }

    private static void Restarts(StringBuilder text, WatchRestarts restarts)
    {
        text.Append('\n');
        foreach ((string what, long count) in new (string, long)[]
        {
            ("servers killed", restarts.Killed),
            ("requests answered since", restarts.Operations),
            ("requests sent to the next server again", restarts.SentAgain),
            ("about what an earlier server gave", restarts.Answered + restarts.Estale
                + restarts.OtherErrors),
            ("  answered", restarts.Answered),
            ("  ESTALE", restarts.Estale),
            ("  other errors", restarts.OtherErrors),
            ("wrong object", restarts.WrongObjects),
        })
        {
            text.AppendLine(Plain, $"{what,-40}{count,12}");
        }
    }

    private static void Ending(StringBuilder text, string ending, WatchResult result)
    {
        text.Append('\n').AppendLine(ending);
        foreach (string asked in result.Unanswered)
            TextTable.Paragraph(text, $"not answered: {asked}", indent: 4, first: 2);
        text.AppendLine("last messages:");
        foreach (string message in result.Last)
            TextTable.Paragraph(text, message, indent: 5, first: 2);
    }
}
