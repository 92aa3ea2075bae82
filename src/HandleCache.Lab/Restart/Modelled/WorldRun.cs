namespace HandleCache.Lab.Restart.Modelled;

/// <summary>Runs one world from its beginning over a crash to its end, and counts.</summary>
internal static class WorldRun
{
    /// <summary>What comes of a plan that is run from the mount on.</summary>
    public static WorldOutcome? Outcome(WorldOptions options, History history, CrashPlan plan)
    {
        using RestartWorld world = Begin(options);
        foreach (WorldStep step in history.Steps.Take(plan.After))
            world.Do(step);
        return End(world, history, plan);
    }

    /// <summary>
    /// Takes a world that stands where a plan's crash comes over it and to the history's end;
    /// null where no request came for the server to die with.
    /// </summary>
    public static WorldOutcome? End(RestartWorld world, History history, CrashPlan plan)
    {
        foreach (WorldStep step in plan.Between)
            world.Do(step);
        int next = plan.After;
        if (plan.Moment is { } moment)
        {
            world.KillAtNextRequest(moment);
            world.Do(history.Steps[next++]);
            if (world.IsArmed)
                return null;
        }

        WorldProbe probe = new(world);
        probe.Run();
        for (; next < history.Steps.Count; next++)
            world.Do(history.Steps[next]);
        return new WorldOutcome(world, probe);
    }

    /// <summary>Adds an outcome to a row; of a wrong object the history, made short.</summary>
    public static void Count(
        RestartModelRow row, WorldOptions options, History history, CrashPlan plan,
        WorldOutcome? outcome, bool isShortened)
    {
        outcome?.CountInto(row, options.Storm);
        if (outcome is { IsWrong: true } && isShortened && plan.Moment is null && !options.Storm)
            Shorten(row, options, history, plan);
    }

    /// <summary>The steps alone, and what they counted.</summary>
    public static WorldTally Replay(WorldOptions options, IEnumerable<WorldStep> steps)
    {
        using RestartWorld world = Begin(options);
        foreach (WorldStep step in steps)
            world.Do(step);
        return world.Tally;
    }

    /// <summary>A world at the mount, with what every history finds there.</summary>
    public static RestartWorld Begin(WorldOptions options)
    {
        RestartWorld world = new(options);
        foreach (string path in Histories.Planted)
            world.Plant(path, isDirectory: false);
        return world;
    }

    /// <summary>
    /// Leaves out every step that is not needed to reach a wrong object; keeps the result when it
    /// is shorter than what the row has.
    /// </summary>
    private static void Shorten(
        RestartModelRow row, WorldOptions options, History history, CrashPlan plan)
    {
        if (row.Counterexample is { IsShort: true })
            return;
        List<WorldStep> steps = [.. plan.Apply(history), .. history.Steps.Skip(plan.After)];
        if (Replay(options, steps).WrongObject == 0)
            return;
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            WorldStep[] fewer = [.. steps[..i], .. steps[(i + 1)..]];
            if (Replay(options, fewer).WrongObject > 0)
                steps.RemoveAt(i);
        }

        if (row.Counterexample is { } known && known.Steps.Count <= steps.Count)
            return;
        row.Counterexample = new Counterexample(
            history.Name, Histories.Planted, [.. steps.Select(s => s.ToString())],
            Replay(options, steps).FirstWrong!, options.HandleBytes);
    }
}
