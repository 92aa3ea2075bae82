using HandleCache.Lab.Differential;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Validate;

/// <summary>The kernel that the model was checked against.</summary>
/// <param name="Release">uname -r.</param>
/// <param name="Protocol">FUSE protocol agreed on, "7.45".</param>
public sealed record KernelIdentity(string Release, string Protocol);

/// <summary>One mounted file system and what passed there.</summary>
/// <param name="Name">What is mounted.</param>
/// <param name="Statistics">Counts of the tap.</param>
public sealed record StageSummary(string Name, MirrorStatistics Statistics);

/// <summary>What a validation found.</summary>
public sealed record ValidateResult
{
    /// <summary>
    /// "diverge" when any check has a mismatch, or a mandatory one compared nothing that reclaim
    /// did not spoil; else "undecided" when reclaim has spoilt any comparison; else "match".
    /// </summary>
    public string Verdict =>
        Checks.Any(c => c.Mismatches > 0) || MandatoryHere.Any(name => !HasCompared(name))
            ? "diverge"
            : Undecided.Count > 0 ? "undecided" : "match";

    private bool HasCompared(string check) =>
        Checks.Any(c => c.Name == check && c.Compared > 0)
        || Undecided.Any(one => one.Check == check);

    private IEnumerable<string> MandatoryHere => (Options.Shard.IsFirst
            ? ValidateChecks.MandatoryFor(Options.Dialect)
            : [])
        .Concat(Differential is null or { IsInterrupted: true }
            ? []
            : [ValidateChecks.Differential]);

    /// <summary>
    /// The differential part was ended by a signal: its figures are those until then.
    /// </summary>
    public bool IsInterrupted => Differential is { IsInterrupted: true };

    /// <summary>The differential part; null where it was left out.</summary>
    public DifferentialResult? Differential { get; init; }

    public required ulong Seed { get; init; }

    public required KernelIdentity Kernel { get; init; }

    /// <summary>Requests of the kernel that were checked.</summary>
    public required long Requests { get; init; }

    /// <summary>The most inodes one mount had at once, root included.</summary>
    public required int InodesPeak { get; init; }

    /// <summary>Handles compared byte for byte that lay inline in the model.</summary>
    public required long HandlesInline { get; init; }

    /// <summary>The same, in external buffers.</summary>
    public required long HandlesSpilled { get; init; }

    public required IReadOnlyList<CheckResult> Checks { get; init; }

    /// <summary>Comparisons that reclaim has spoilt in every attempt.</summary>
    public IReadOnlyList<UndecidedComparison> Undecided { get; init; } = [];

    public required IReadOnlyList<StageSummary> Stages { get; init; }

    /// <summary>What a reader must know about this run.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    public required ValidateOptions Options { get; init; }
}
