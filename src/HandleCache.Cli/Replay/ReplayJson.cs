using HandleCache.Cli.Common;
using HandleCache.Lab.Replay;
using HandleCache.Model;

namespace HandleCache.Cli.Replay;

/// <summary>`replay` as one document; the figures at the top are the first row's.</summary>
internal static class ReplayJson
{
    public static object Of(ReplayRequest request, ReplayResult result)
    {
        ReplayRow first = result.Rows[0];
        return new
        {
            JsonOutput.SchemaVersion,
            result.Verdict,
            request.Trace,
            result.Format,
            result.Bytes,
            first.Tally.Mounts,
            first.Tally.Operations,
            Inodes = first.Tally.InodesPeak,
            first.BytesPerInode,
            first.OperationsPerSecond,
            How = new
            {
                BytesPerInode = ProfileSource.Derived,
                ProcessBytesPerInode = ProfileSource.Measured,
                OperationsPerSecond = ProfileSource.Measured,
                Seconds = "reading, checksums, decoding, model and checks; walkSeconds and "
                    + "importSeconds come on top",
            },
            Kernel = KernelJson.Of(result.Kernel),
            Options = new
            {
                Strategies = request.Strategies.Select(s => s.ToString()),
                request.Kernel,
                Header = request.Header.Name,
                request.Format,
                IndexHandles = request.IndexByHandle,
                result.Inodes,
                request.Save,
            },
            Rows = result.Rows.Select(RowOf),
        };
    }

    private static object RowOf(ReplayRow row) => new
    {
        Strategy = row.Strategy.ToString(),
        row.Holds,
        row.Tally.Operations,
        row.Tally.Requests,
        row.Tally.Entries,
        row.Tally.Forgets,
        row.Tally.ForgetMessages,
        row.Tally.TakeBacks,
        Inodes = row.Tally.InodesPeak,
        row.Tally.InodesAtEnd,
        row.Tally.Hits,
        row.Tally.Created,
        row.Tally.Replaced,
        row.Tally.PartialForgets,
        row.Tally.ExportLookups,
        row.Inline,
        row.Spilled,
        row.Tally.SpilledPeak,
        row.Tally.Refused,
        row.BytesPerInode,
        row.ProcessBytesPerInode,
        row.OperationsPerSecond,
        row.Seconds,
        row.WalkSeconds,
        row.ImportSeconds,
        row.AllocatedBytes,
        HandleLengths = row.Tally.CreatedByLength
            .Select((count, bytes) => new { Bytes = bytes, Inodes = count })
            .Where(length => length.Inodes > 0),
        Checks = row.Checks.Select(check => new
        {
            check.Name,
            check.Compared,
            check.Mismatches,
            check.FirstMismatch,
            FirstOffset = check.Mismatches > 0 ? check.FirstOffset : (long?)null,
        }),
    };
}
