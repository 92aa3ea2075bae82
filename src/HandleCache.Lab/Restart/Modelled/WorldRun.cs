namespace HandleCache.Lab.Restart.Modelled;

/// <summary>Runs one world from its beginning over a crash to its end, and counts.</summary>
internal static class WorldRun
{
    /// <summary>Runs a plan and adds what came of it to a row.</summary>
    public static void Into(
        RestartModelRow row, WorldOptions options, History history, CrashPlan plan)
    {
        IReadOnlyList<WorldStep> steps = plan.Apply(history);
        using RestartWorld world = Begin(options);
        foreach (WorldStep step in steps)
            world.Do(step);
        int next = plan.After;
        if (plan.Moment is { } moment)
        {
            world.KillAtNextRequest(moment);
            world.Do(history.Steps[next++]);
            if (world.IsArmed)
                return;
        }

        WorldProbe probe = new(world);
        probe.Run();
        foreach (WorldStep step in history.Steps.Skip(next))
            world.Do(step);
        Count(row, options, world, probe);
        if (world.Tally.WrongObject > 0 && plan.Moment is null && !options.Storm)
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

    private static RestartWorld Begin(WorldOptions options)
    {
        RestartWorld world = new(options);
        foreach (string path in Histories.Planted)
            world.Plant(path, isDirectory: false);
        return world;
    }

    private static void Count(
        RestartModelRow row, WorldOptions options, RestartWorld world, WorldProbe probe)
    {
        WorldTally tally = world.Tally;
        row.Worlds++;
        row.Restarts += world.Restarts;
        row.WrongObject += tally.WrongObject;
        row.Refused += tally.Refused;
        row.StaleAttributes += tally.StaleAttributes;
        row.Hung += tally.Hung;
        row.AnsweredTwice += tally.AnsweredTwice;
        row.Unbalanced += world.Unbalanced() is null ? 0 : 1;
        if (options.Storm)
        {
            row.StormRequests += probe.Requests;
            row.StormToFirstAnswer = Math.Max(
                row.StormToFirstAnswer, probe.RequestsToFirstAnswer);
            return;
        }

        row.Recovered += probe.Recovered;
        row.Stale += probe.Stale;
        row.Gone += probe.Gone;
        row.LazyRequests += probe.Requests;
        row.LazyToFirstAnswer = Math.Max(row.LazyToFirstAnswer, probe.RequestsToFirstAnswer);
    }

    /// <summary>
    /// Leaves out every step that is not needed to reach a wrong object; keeps the result when it
    /// is shorter than what the row has.
    /// </summary>
    private static void Shorten(
        RestartModelRow row, WorldOptions options, History history, CrashPlan plan)
    {
        if (row.Counterexample is { Steps.Count: <= 5 })
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
