using HandleCache.Cli.Common;
using HandleCache.Lab.Drive;
using HandleCache.Server.Driving;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Drive;

/// <summary>`drive` as one document.</summary>
internal sealed record DriveDocument(
    int SchemaVersion,
    string Verdict,
    ulong Seed,
    int Scripts,
    long Calls,
    long Requests,
    long Forgets,
    int Servers,
    string Kernel,
    string Agreed,
    IReadOnlyList<CheckResult> Checks,
    DriveFinding? Finding,
    string? Repeat,
    IReadOnlyList<HostileRow> Hostile,
    IReadOnlyList<string> Notes,
    DriveOptions Options,
    ShardJson? Shard)
{
    public static DriveDocument Of(DriveOptions options, string dialect, DriveResult result) => new(
        JsonOutput.SchemaVersion,
        result.Verdict,
        options.Seed,
        result.Scripts,
        result.Calls,
        result.Requests,
        result.Forgets,
        result.Servers,
        result.Kernel.ToString(),
        result.Agreed.ToString(),
        result.Checks,
        result.Finding,
        result.Verdict == "match" ? null : DriveText.Repeat(options, dialect, result.Finding),
        result.Hostile,
        result.Notes,
        options,
        ShardJson.From("drive", options.Shard));
}
