namespace HandleCache.Lab.Differential;

/// <summary>How a script ended on the two kernels.</summary>
public enum ScriptVerdict
{
    /// <summary>Every result and every request was the same.</summary>
    Same,

    /// <summary>Something differed: see the divergence.</summary>
    Differs,

    /// <summary>
    /// The real run was so slow that a finite validity may have ended in it: nothing is said.
    /// </summary>
    TooSlow,

    /// <summary>
    /// It differed while the kernel reclaimed memory, or in a walk that began again: nothing is
    /// said.
    /// </summary>
    Disturbed,
}

/// <summary>What a script came to.</summary>
/// <param name="Verdict">Same, or not.</param>
/// <param name="Requests">Requests compared.</param>
/// <param name="Results">Results compared.</param>
/// <param name="Divergence">Where the two first differed.</param>
/// <param name="InitFields">Fields of INIT compared.</param>
/// <param name="Reclaim">What the kernel reclaimed meanwhile, where that may be why.</param>
public sealed record ScriptOutcome(
    ScriptVerdict Verdict, int Requests, int Results, ScriptDivergence? Divergence = null,
    int InitFields = 0, string? Reclaim = null);

/// <summary>The first call at which two kernels differed.</summary>
/// <param name="CallIndex">Its place in the script; the script's length for the end of it.</param>
/// <param name="Call">The call.</param>
/// <param name="What">results, requests, forgets, counts and so on.</param>
/// <param name="Real">The running kernel's lines for this call.</param>
/// <param name="Model">The modelled kernel's.</param>
public sealed record ScriptDivergence(
    int CallIndex, string Call, string What, IReadOnlyList<string> Real,
    IReadOnlyList<string> Model)
{
    /// <summary>What differs is where a caller stands: perhaps a race for a lock.</summary>
    public const string OfSteps = "steps";

    /// <summary>What differs is INIT, which no call has brought.</summary>
    public const string OfInit = "fields of INIT";
}
