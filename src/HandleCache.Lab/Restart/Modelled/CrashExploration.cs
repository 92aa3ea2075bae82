namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// Runs every crash of every history and counts in a row what a run of each from the mount on
/// would count. A history is walked once, and each crash leaves it
/// in a copy of its world. Crashes that come to the same are run once and counted each: where the
/// step before reached nobody, or the change behind the mount found nothing to change. Histories
/// are shared out among the processors and counted in their order.
/// </summary>
internal sealed class CrashExploration(RestartModelRow row, CancellationToken stop)
{
    /// <summary>Histories whose counts are held in memory at a time.</summary>
    private const int AtOnce = 64;

    /// <summary>
    /// Explores histories in one world, behind those that were explored before.
    /// </summary>
    public void Explore(WorldOptions options, IReadOnlyList<History> histories)
    {
        ParallelOptions all = new()
        {
            CancellationToken = stop,
            MaxDegreeOfParallelism = Environment.ProcessorCount,
        };
        for (int first = 0; first < histories.Count; first += AtOnce)
        {
            int count = Math.Min(AtOnce, histories.Count - first);
            RestartModelRow[] found = new RestartModelRow[count];
            int begun = first;
            bool isShortened = row.Counterexample is not { IsShort: true };
            Parallel.For(0, count, all, i =>
            {
                found[i] = row.Empty();
                new Walk(found[i], options, histories[begun + i], isShortened).Run();
            });
            foreach (RestartModelRow one in found)
                row.Add(one);
        }
    }

    /// <summary>One history from its beginning to its end.</summary>
    private sealed class Walk(
        RestartModelRow row, WorldOptions options, History history, bool isShortened)
    {
        private static readonly int Changes = Histories.Changes.Count;

        private readonly WorldOptions _storm = options with { Storm = true };

        /// <summary>What came of a crash at the last place, by change: lazily, stormy.</summary>
        private readonly WorldOutcome?[] _lazy = new WorldOutcome?[Changes];
        private readonly WorldOutcome?[] _stormy = new WorldOutcome?[Changes];

        public void Run()
        {
            using RestartWorld main = WorldRun.Begin(options);
            bool isKnown = false;
            for (int after = 1; after <= history.Steps.Count; after++)
            {
                WorldStep step = history.Steps[after - 1];
                isKnown &= main.IsIdle(step);
                main.Do(step);
                if (!main.CanCopy)
                {
                    RunPlainly(after);
                    return;
                }

                for (int change = 0; change < Changes; change++)
                    Between(main, after, change, isKnown);
                isKnown = true;
                if (after == history.Steps.Count || main.IsIdle(history.Steps[after]))
                    continue;
                foreach (CrashPlan plan in CrashPlan.AtNextRequest(history, after))
                    Count(options, plan, Branch(main, plan, storm: false));
            }
        }

        /// <summary>The crash between two requests, with one change behind the mount.</summary>
        private void Between(RestartWorld main, int after, int change, bool isKnown)
        {
            string words = Histories.Changes[change];
            CrashPlan plan = new(after, words, null);
            if (!isKnown)
            {
                // The first change is none at all.
                bool isNone = change > 0 && !main.Finds(words);
                _lazy[change] = isNone ? _lazy[0] : Branch(main, plan, storm: false);
                _stormy[change] = isNone ? _stormy[0] : Branch(main, plan, storm: true);
            }

            Count(options, plan, _lazy[change]);
            Count(_storm, plan, _stormy[change]);
        }

        private WorldOutcome? Branch(RestartWorld main, CrashPlan plan, bool storm)
        {
            using RestartWorld world = main.Copy(storm);
            return WorldRun.End(world, history, plan);
        }

        /// <summary>
        /// A call waits for ever, and a world with such a call cannot be copied: every later
        /// crash is run from the mount on.
        /// </summary>
        private void RunPlainly(int from)
        {
            foreach (CrashPlan plan in CrashPlan.All(history).Where(p => p.After >= from))
            {
                Count(options, plan, WorldRun.Outcome(options, history, plan));
                if (plan.Moment is null)
                    Count(_storm, plan, WorldRun.Outcome(_storm, history, plan));
            }
        }

        private void Count(WorldOptions world, CrashPlan plan, WorldOutcome? outcome) =>
            WorldRun.Count(row, world, history, plan, outcome, isShortened);
    }
}
