using HandleCache.Cli.Common;
using HandleCache.Lab.Soak;

namespace HandleCache.Cli.Soak;

/// <summary>`soak --hostile` as one document.</summary>
internal sealed record HostileDocument(
    int SchemaVersion,
    string Verdict,
    ulong Seed,
    long Messages,
    IReadOnlyList<HostileSurfaceRow> Surfaces,
    IReadOnlyList<HostileFinding> Findings,
    double Seconds,
    long PeakResidentBytes,
    HostileOptions Options,
    ShardJson? Shard)
{
    public static HostileDocument Of(HostileOptions options, HostileResult result) => new(
        JsonOutput.SchemaVersion,
        result.Verdict,
        options.Seed,
        result.Rows.Sum(row => row.Messages),
        result.Rows,
        result.Findings,
        result.Seconds,
        result.PeakResidentBytes,
        options,
        ShardJson.From("soak", options.Shard));
}
