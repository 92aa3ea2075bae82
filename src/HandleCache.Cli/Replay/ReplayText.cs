using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Replay;
using HandleCache.Model.Traffic;

namespace HandleCache.Cli.Replay;

/// <summary>The plain text of `replay`, at most 80 columns.</summary>
internal static class ReplayText
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static string Of(ReplayRequest request, ReplayResult result)
    {
        StringBuilder text = new();
        TrafficTally tally = result.Rows[0].Tally;
        text.AppendLine(Plain, $"{request.Trace}: {result.Bytes} bytes, {FormatOf(result)}");
        text.AppendLine(Plain, $"{tally.Operations} operations in {tally.Mounts} mounts: "
            + $"{tally.Requests} requests,");
        text.AppendLine(Plain, $"  {tally.Entries} entries ({tally.Hits} hits), "
            + $"{tally.Forgets} forgets in "
            + $"{tally.ForgetMessages} messages");
        text.AppendLine(Plain, $"{tally.Created} inodes made, {tally.InodesPeak} at most at once; "
            + $"kernel {result.Kernel.Name}");
        if (result.Mix is { } mix)
        {
            TextTable.Paragraph(
                text,
                $"Inodes that came without a handle have one of {mix.Name} ({mix.How}), by "
                + "nodeid.", 0);
        }
        else if (result.WithoutHandle > 0)
        {
            TextTable.Paragraph(
                text,
                $"{TextTable.Number(result.WithoutHandle)} inodes came without a handle and are "
                + "reckoned so; --filesystem NAME or --handles FILE gives them those of a mix.", 0);
        }

        text.Append('\n');
        WriteRows(text, result);
        WriteChecks(text, result);
        TextTable.Paragraph(text, Counting(result.Rows[0].Counting), 2, 0);
        text.AppendLine(Plain, $"verdict: {result.Verdict}");
        return text.ToString();
    }

    /// <summary>What a server with one lookup per life would have seen.</summary>
    private static string Counting(CountingSchemes counting)
    {
        string forgets = TextTable.Number(counting.Forgets);
        if (counting.Forgets == 0)
            return "FORGET one per life: not compared, there is no FORGET.";
        return counting.Agrees
            ? $"FORGET one per life agrees with counted lookups: each of {forgets} FORGETs takes "
                + "all that is held."
            : $"FORGET one per life differs from counted lookups in "
                + $"{TextTable.Number(counting.Differing)} of {forgets} FORGETs, "
                + $"{TextTable.Number(counting.TakingOne)} of them of 1, which the kernel of "
                + $"such a protocol may not send. First {counting.First}. "
                + $"{TextTable.Number(counting.StaleRequests)} later requests are about a nodeid "
                + "that it has forgotten.";
    }

    private static string FormatOf(ReplayResult result) =>
        result.Format == TraceFileFormat.OracleGeneral
            ? string.Create(Plain, $"oracleGeneral, LRU of {result.Inodes} inodes")
            : "recorded trace, version 1";

    private static void WriteRows(StringBuilder text, ReplayResult result)
    {
        text.AppendLine(Plain, $"{"strategy",-20}{"bytes/inode",12}{"process B/i",12}{"spilled",11}"
            + $"{"refused",11}{"Mop/s",8}");
        text.AppendLine(Plain, $"{"",-20}{"derived",12}{"measured",12}{"measured",30}");
        foreach (ReplayRow row in result.Rows)
        {
            text.AppendLine(Plain, $"{row.Strategy,-20}{row.BytesPerInode,12:F2}"
                + $"{row.ProcessBytesPerInode,12:F2}{row.Spilled,11}{row.Tally.Refused,11}"
                + $"{row.OperationsPerSecond / 1e6,8:F2}");
        }

        double walks = result.Rows.Sum(row => row.WalkSeconds);
        double import = result.Rows.Sum(row => row.ImportSeconds);
        string beside = result.Format == TraceFileFormat.OracleGeneral
            ? string.Create(Plain, $"{walks:F3} s of walks over whole caches at the end of mounts "
                + $"and {import:F3} s of import")
            : string.Create(Plain, $"{walks:F3} s of walks over whole caches at the end of mounts");
        TextTable.Paragraph(
            text,
            $"Mop/s: reading, checksums, decoding, model and checks; beside it {beside}.",
            indent: 0);
        text.Append('\n');
    }

    private static void WriteChecks(StringBuilder text, ReplayResult result)
    {
        text.AppendLine(Plain, $"{"check",-20}{"compared",14}{"mismatches",14}");
        for (int i = 0; i < result.Rows[0].Checks.Count; i++)
        {
            CheckCount[] same = [.. result.Rows.Select(row => row.Checks[i])];
            long compared = same.Sum(check => check.Compared);
            string name = same[0].Name;
            text.Append(compared > 0
                ? $"{name,-20}{compared,14}{same.Sum(check => check.Mismatches),14}"
                : $"{name,-20}{"not compared",14}").Append('\n');
            if (same.FirstOrDefault(check => check.FirstMismatch is not null) is { } failed)
                TextTable.Paragraph(text, failed.FirstMismatch!, indent: 2, first: 2);
        }

        text.Append('\n');
    }
}
