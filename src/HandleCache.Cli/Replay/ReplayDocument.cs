using HandleCache.Cli.Common;
using HandleCache.Lab.Replay;
using HandleCache.Model;

namespace HandleCache.Cli.Replay;

/// <summary>`replay` as one document; the figures at the top are the first row's.</summary>
internal sealed record ReplayDocument(
    int SchemaVersion,
    string Verdict,
    string Trace,
    TraceFileFormat Format,
    long Bytes,
    long Mounts,
    long Operations,
    int Inodes,
    double BytesPerInode,
    double OperationsPerSecond,
    ReplayDocument.Origins How,
    KernelJson Kernel,
    ReplayDocument.ReplayChoices Options,
    IReadOnlyList<ReplayDocument.ReplayRowJson> Rows,
    long InodesWithoutHandle,
    MixJson? Mix,
    ReplayDocument.CountingJson Counting)
{
    public static ReplayDocument Of(ReplayRequest request, ReplayResult result)
    {
        ReplayRow first = result.Rows[0];
        return new ReplayDocument(
            JsonOutput.SchemaVersion,
            result.Verdict,
            request.Trace,
            result.Format,
            result.Bytes,
            first.Tally.Mounts,
            first.Tally.Operations,
            first.Tally.InodesPeak,
            first.BytesPerInode,
            first.OperationsPerSecond,
            new Origins(
                ProfileSource.Derived,
                ProfileSource.Measured,
                ProfileSource.Measured,
                "reading, checksums, decoding, model and checks; walkSeconds and "
                    + "importSeconds come on top"),
            KernelJson.Of(result.Kernel),
            new ReplayChoices(
                [.. request.Strategies.Select(s => s.ToString())],
                request.Kernel,
                request.Header.Name,
                request.Format,
                request.FileSystem,
                request.HandlesFile,
                request.IndexByHandle,
                result.Inodes,
                request.Save),
            [.. result.Rows.Select(RowOf)],
            result.WithoutHandle,
            result.Mix is { } mix ? MixJson.Of(mix) : null,
            new CountingJson(
                first.Counting.Agrees, first.Counting.Forgets, first.Counting.Differing,
                first.Counting.TakingOne,
                first.Counting.Agrees ? null : first.Counting.FirstOffset,
                first.Counting.First, first.Counting.StaleRequests));
    }

    private static ReplayRowJson RowOf(ReplayRow row) => new(
        row.Strategy.ToString(),
        row.Holds,
        row.Tally.Operations,
        row.Tally.Requests,
        row.Tally.Entries,
        row.Tally.Forgets,
        row.Tally.ForgetMessages,
        row.Tally.TakeBacks,
        row.Tally.InodesPeak,
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
        [.. row.Tally.CreatedByLength
            .Select((count, bytes) => new HandleLength(bytes, count))
            .Where(length => length.Inodes > 0)],
        [.. row.Checks.Select(check => new Check(
            check.Name,
            check.Compared,
            check.Mismatches,
            check.FirstMismatch,
            check.Mismatches > 0 ? check.FirstOffset : null))]);

    internal sealed record Origins(
        string BytesPerInode, string ProcessBytesPerInode, string OperationsPerSecond,
        string Seconds);

    internal sealed record ReplayChoices(
        IReadOnlyList<string> Strategies, string Kernel, string Header, TraceFileFormat Format,
        string? Filesystem, string? Handles, bool IndexHandles, int? Inodes, string? Save);

    internal sealed record ReplayRowJson(
        string Strategy, bool Holds, long Operations, long Requests, long Entries, long Forgets,
        long ForgetMessages, long TakeBacks, int Inodes, int InodesAtEnd, long Hits,
        long Created, long Replaced, long PartialForgets, long ExportLookups, long Inline,
        long Spilled, int SpilledPeak, long Refused, double BytesPerInode,
        double ProcessBytesPerInode, double OperationsPerSecond, double Seconds,
        double WalkSeconds, double ImportSeconds, long AllocatedBytes,
        IReadOnlyList<HandleLength> HandleLengths, IReadOnlyList<Check> Checks);

    internal sealed record CountingJson(
        bool Agrees, long Forgets, long Differing, long TakingOne, long? FirstOffset, string? First,
        long StaleRequests);

    internal sealed record HandleLength(int Bytes, long Inodes);

    internal sealed record Check(
        string Name, long Compared, long Mismatches, string? FirstMismatch, long? FirstOffset);
}
