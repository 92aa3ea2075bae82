using HandleCache.Lab.Validate;
using HandleCache.Lab.Watch;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Watch;

/// <summary>`watch` as one document.</summary>
internal sealed record WatchDocument(
    int SchemaVersion,
    string Verdict,
    KernelIdentity Kernel,
    long Requests,
    int InodesPeak,
    IReadOnlyList<CheckResult> Checks,
    IReadOnlyList<CheckResult> Rules,
    MirrorStatistics Statistics,
    IReadOnlyList<LatencyRow> Latencies,
    IReadOnlyList<CostRow> Costs,
    string? Ending,
    WatchRestarts? Restarts,
    IReadOnlyList<string> Unanswered,
    IReadOnlyList<string> Last,
    IReadOnlyList<string> Notes,
    WatchOptions Options)
{
    public static WatchDocument Of(WatchOptions options, WatchResult result) => new(
        JsonOutput.SchemaVersion,
        result.Verdict,
        result.Kernel,
        result.Statistics.Requests,
        result.Statistics.InodesPeak,
        result.Checks,
        result.Rules,
        result.Statistics,
        result.Latencies,
        result.Costs,
        result.Ending,
        result.Restarts,
        result.Unanswered,
        result.Last,
        result.Notes,
        options);
}
