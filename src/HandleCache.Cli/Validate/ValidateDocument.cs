using HandleCache.Lab.Validate;
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
    public object? Differential => result.Differential is not { } run ? null : new
    {
        run.Scripts,
        run.PassthroughScripts,
        run.FiniteScripts,
        run.Calls,
        run.Requests,
        run.TooSlow,
        run.Disturbed,
        run.GivenUp,
        run.IsInterrupted,
        Seconds = Math.Round(run.Elapsed.TotalSeconds, 1),
        Failed = run.Failed is not { } script ? null : new
        {
            script.Seed,
            script.Settings,
            Calls = script.Calls.Select(call => call.ToString()).ToArray(),
            run.Divergence,
            run.Repeats,
        },
    };

    public IReadOnlyList<string> Notes => result.Notes;

    public object Options => new
    {
        result.Options.Source,
        result.Options.Write,
        result.Options.TreeOn,
        result.Options.Files,
        result.Options.Directories,
        result.Options.Operations,
        result.Options.TimeoutSeconds,
        Strategy = result.Options.Strategy.ToString(),
        result.Options.ReadDirPlus,
        result.Options.Eviction,
        result.Options.DropCaches,
        result.Options.Scripts,
        SoakMinutes = result.Options.Soak?.TotalMinutes,
        result.Options.Record,
        Break = result.Options.Break?.Name,
    };
}
