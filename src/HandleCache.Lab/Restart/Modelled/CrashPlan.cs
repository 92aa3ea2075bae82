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
    /// <summary>
    /// Every plan for a history. A request that was carried out before the crash is only sent
    /// again where doing it twice is doing it once: what has changed names is the keeper's to
    /// settle, which looks at the file system.
    /// </summary>
    public static IEnumerable<CrashPlan> All(History history)
    {
        for (int after = 1; after <= history.Steps.Count; after++)
        {
            foreach (string change in Histories.Changes)
                yield return new CrashPlan(after, change, null);
            if (after == history.Steps.Count)
                continue;
            yield return new CrashPlan(after, "", CrashMoment.BeforeExecuting);
            if (history.Steps[after].Verb is "lookup" or "stat" or "read" or "statat" or "open")
                yield return new CrashPlan(after, "", CrashMoment.BeforeReplying);
        }
    }

    /// <summary>The history with the crash in it.</summary>
    public IReadOnlyList<WorldStep> Apply(History history)
    {
        List<WorldStep> steps = [.. history.Steps.Take(After)];
        if (Moment is not null)
            return steps;
        steps.Add(new WorldStep("crash"));
        if (Change.Length > 0)
            steps.Add(WorldStep.Parse(Change));
        steps.Add(new WorldStep("restart"));
        return steps;
    }
}

/// <summary>When the server dies, as seen from one request.</summary>
internal enum CrashMoment
{
    /// <summary>It has read the request and done nothing.</summary>
    BeforeExecuting,

    /// <summary>It has done it, and its reply never left.</summary>
    BeforeReplying,
}
