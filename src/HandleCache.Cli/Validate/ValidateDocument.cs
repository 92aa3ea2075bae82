using HandleCache.Cli.Common;
using HandleCache.Lab.Differential;
using HandleCache.Lab.Validate;
using HandleCache.Server.Sessions;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Validate;

/// <summary>The JSON document of validate.</summary>
internal sealed class ValidateDocument(int schemaVersion, ValidateResult result)
{
    public int SchemaVersion => schemaVersion;

    public string Verdict => result.Verdict;

    public ulong Seed => result.Seed;

    public KernelIdentity Kernel => result.Kernel;

    public long Requests => result.Requests;

    public int InodesPeak => result.InodesPeak;

    public long HandlesInline => result.HandlesInline;

    public long HandlesSpilled => result.HandlesSpilled;

    public IReadOnlyList<CheckResult> Checks => result.Checks;

    public IReadOnlyList<StageSummary> Stages => result.Stages;

    /// <summary>The differential part; null where it was left out.</summary>
    public DifferentialPart? Differential =>
        result.Differential is { } run ? DifferentialPart.Of(run) : null;

    public IReadOnlyList<UndecidedComparison> Undecided => result.Undecided;

    public IReadOnlyList<string> Notes => result.Notes;

    public ValidateChoices Options => new(
        result.Options.Source,
        result.Options.Write,
        result.Options.TreeOn,
        result.Options.Files,
        result.Options.Directories,
        result.Options.Operations,
        result.Options.TimeoutSeconds,
        result.Options.Strategy.ToString(),
        result.Options.ReadDirPlus,
        result.Options.Eviction,
        result.Options.DropCaches,
        result.Options.Scripts,
        result.Options.Soak?.TotalMinutes,
        result.Options.Record,
        result.Options.Break?.Name ?? result.Options.BreakServer?.Name);

    public ShardJson? Shard => ShardJson.From("validate", result.Options.Shard);

    internal sealed record DifferentialPart(
        int Scripts, int PassthroughScripts, int FiniteScripts, long Calls, long Requests,
        int TooSlow, int Disturbed, int GivenUp, bool IsInterrupted, double Seconds,
        FailedScript? Failed)
    {
        public static DifferentialPart Of(DifferentialResult run) => new(
            run.Scripts,
            run.PassthroughScripts,
            run.FiniteScripts,
            run.Calls,
            run.Requests,
            run.TooSlow,
            run.Disturbed,
            run.GivenUp,
            run.IsInterrupted,
            Math.Round(run.Elapsed.TotalSeconds, 1),
            run.Failed is not { } script ? null : new FailedScript(
                script.Seed,
                script.Settings,
                [.. script.Calls.Select(call => call.ToString())],
                run.Divergence,
                run.Repeats));
    }

    internal sealed record FailedScript(
        ulong Seed, string Settings, IReadOnlyList<string> Calls,
        ScriptDivergence? Divergence, bool Repeats);

    internal sealed record ValidateChoices(
        string? Source, bool Write, string? TreeOn, int Files, int Directories, int Operations,
        double TimeoutSeconds, string Strategy, ReadDirPlusMode ReadDirPlus,
        EvictionMethod Eviction, bool DropCaches, int Scripts, double? SoakMinutes,
        string? Record, string? Break);
}
