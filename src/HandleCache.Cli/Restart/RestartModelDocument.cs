using HandleCache.Cli.Common;
using HandleCache.Lab.Restart.Modelled;

namespace HandleCache.Cli.Restart;

/// <summary>`restart --model` as one document.</summary>
internal sealed record RestartModelDocument(
    int SchemaVersion,
    string Kind,
    string Verdict,
    long Kills,
    long Operations,
    long Errors,
    long WrongObject,
    long Stale,
    long Recovered,
    RestartModelDocument.RestartModelChoices Options,
    IReadOnlyList<RestartModelRow> Rows,
    ShardJson? Shard)
{
    public static RestartModelDocument Of(RestartModelResult result) => new(
        JsonOutput.SchemaVersion,
        "derived",
        result.Holds ? "holds" : "fails",
        result.Rows.Sum(r => r.Restarts),
        result.Rows.Sum(r => r.Recovered + r.Stale + r.Gone),
        result.Rows.Sum(r => r.Stale + r.Gone),
        result.WrongObject,
        result.Rows.Sum(r => r.Stale),
        result.Rows.Sum(r => r.Recovered),
        new RestartModelChoices(
            [.. result.Options.Dialects.Select(dialect => dialect.Name)],
            result.Options.Defects,
            result.Options.NoParentHandle,
            result.Options.Epoch,
            RestartModelRenderer.Name(result.NodeIds),
            result.Options.Histories,
            result.Options.Seed,
            result.Options.HandleBytes),
        result.Rows,
        ShardJson.From("restart", result.Options.Shard));

    internal sealed record RestartModelChoices(
        IReadOnlyList<string> Dialects, IReadOnlyList<string> Defects, bool NoParentHandle,
        bool Epoch, string NodeIds, int Histories, ulong Seed, IReadOnlyList<int> HandleBytes);
}
