using HandleCache.Lab.Validate;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Rendering;

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
        Break = result.Options.Break?.Name,
    };
}
