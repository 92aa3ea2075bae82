namespace HandleCache.Lab.Restart.Modelled;

/// <summary>Where in a history the server dies, and what happens until the next starts.</summary>
/// <param name="After">Steps done before.</param>
/// <param name="Change">What somebody does to the store meanwhile; empty for nothing.</param>
/// <param name="Moment">
/// Null: between two requests. Else the next step's first request dies with the server, and is
/// read again by the next one.
/// </param>
internal sealed record CrashPlan(int After, string Change, CrashMoment? Moment)
{
    private static readonly WorldStep Crash = new("crash");
    private static readonly WorldStep Restart = new("restart");

    /// <summary>
    /// Every plan for a history. A request that was carried out before the crash is only sent
    /// again where doing it twice is doing it once: what has changed names is the keeper's to
    /// settle, which looks at the file system.
    /// </summary>
    public static IEnumerable<CrashPlan> All(History history) =>
        Enumerable.Range(1, history.Steps.Count).SelectMany(
            _ => Histories.Changes, (after, change) => new CrashPlan(after, change, null))
        .Concat(Enumerable.Range(1, history.Steps.Count).SelectMany(
            after => AtNextRequest(history, after)));

    /// <summary>The plans whose server dies with a request of the step that comes next.</summary>
    public static IEnumerable<CrashPlan> AtNextRequest(History history, int after)
    {
        if (after == history.Steps.Count)
            yield break;
        yield return new CrashPlan(after, "", CrashMoment.BeforeExecuting);
        if (history.Steps[after].Verb is "lookup" or "stat" or "read" or "statat" or "open")
            yield return new CrashPlan(after, "", CrashMoment.BeforeReplying);
    }

    /// <summary>What happens between the history's steps; nothing where a request dies.</summary>
    public IReadOnlyList<WorldStep> Between { get; } = Moment is not null
        ? []
        : Change.Length == 0 ? [Crash, Restart] : [Crash, WorldStep.Parse(Change), Restart];

    /// <summary>The history with the crash in it.</summary>
    public IReadOnlyList<WorldStep> Apply(History history) =>
        [.. history.Steps.Take(After), .. Between];
}

/// <summary>When the server dies, as seen from one request.</summary>
internal enum CrashMoment
{
    /// <summary>It has read the request and done nothing.</summary>
    BeforeExecuting,

    /// <summary>It has done it, and its reply never left.</summary>
    BeforeReplying,
}
