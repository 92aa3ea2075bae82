using FsCheck;
using FsCheck.Fluent;
using HandleCache.Lab.Restart.Modelled;
using HandleCache.Model.Handles;
using HandleCache.Protocol;
using HandleCache.Protocol.Dialects;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Lab.Tests.Restart;

/// <summary>
/// Crashes that leave a history in a copy of its world, beside the plain way: each from the mount.
/// </summary>
public class CrashExplorationTests
{
    /// <summary>Random worlds for each row.</summary>
    private const int Tests = 3;

    public static TheoryData<string, string, NodeIdPolicy> Worlds()
    {
        TheoryData<string, string, NodeIdPolicy> worlds = [];
        foreach (NodeIdPolicy nodeIds in Enum.GetValues<NodeIdPolicy>())
        {
            foreach (Dialect dialect in DialectList.All)
                worlds.Add(dialect.Name, "", nodeIds);
            foreach (DialectDefect defect in DialectDefect.All)
                worlds.Add(defect.Dialect, defect.Name, nodeIds);
        }

        return worlds;
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Every_crash_counts_what_it_counts_when_its_history_is_run_from_the_mount_on(
        string name, string defect, NodeIdPolicy nodeIds) => SeededProperty.Check(
            Prop.ForAll(
                Arb.From(Gen.Choose(0, int.MaxValue - 1)),
                seed => Check(name, defect, nodeIds, (ulong)seed)),
            Tests);

    private static void Check(string name, string defect, NodeIdPolicy nodeIds, ulong seed)
    {
        SplitMix64 random = new(seed);
        Dialect posted = DialectList.All.Single(d => d.Name == name);
        Dialect dialect = posted.With(posted.Options with
        {
            Defects = [.. DialectDefect.All.Where(d => d.Name == defect)],
            HandleInEveryRequest = posted.CarriesHandles && random.Below(2) == 0
                && posted.OptIn != HandleOptIn.FileSystemType,
        });
        int? agreed = defect.Length > 0 && random.Below(2) == 0 ? 24 : null;
        WorldOptions options = new()
        {
            Dialect = dialect,
            NodeIds = nodeIds,
            PersistentHandles = dialect.CarriesHandles && random.Below(2) == 0,
            NoParentHandle = random.Below(4) == 0,
            Epoch = random.Below(2) == 0,
            HandleBytes = random.Below(2) == 0 ? 12 : 40,
            AgreedHandleBytes = agreed,
            Strategy = agreed is { } most
                ? HandleStrategy.PointerMax(most) : HandleStrategy.Inline(12),
        };
        History[] histories =
        [
            Histories.Scripted[random.Below(Histories.Scripted.Count)],
            Histories.Random(seed, 0), Histories.Random(seed, 1),
        ];
        RestartModelRow expected = RowOf(options);
        foreach (History history in histories)
            RunFromTheMount(expected, options, history);
        RestartModelRow row = RowOf(options);
        new CrashExploration(row, CancellationToken.None).Explore(options, histories);
        Assert.True(expected.Worlds > 0);
        Assert.Equal(Text(expected), Text(row));
    }

    private static void RunFromTheMount(
        RestartModelRow row, WorldOptions options, History history)
    {
        foreach (CrashPlan plan in CrashPlan.All(history))
        {
            WorldRun.Count(
                row, options, history, plan, WorldRun.Outcome(options, history, plan), true);
            if (plan.Moment is not null)
                continue;
            WorldOptions storm = options with { Storm = true };
            WorldRun.Count(
                row, storm, history, plan, WorldRun.Outcome(storm, history, plan), true);
        }
    }

    private static string Text(RestartModelRow row) => row with { Counterexample = null }
        + (row.Counterexample is { } found
            ? $"{found.History} {string.Join("; ", found.Steps)} {found.Wrong}" : "");

    private static RestartModelRow RowOf(WorldOptions options) => new()
    {
        Dialect = options.Dialect.Name,
        CarriesHandles = options.Dialect.CarriesHandles,
        HandleInEveryRequest = options.Dialect.Options.HandleInEveryRequest,
        PersistentHandles = options.PersistentHandles,
        WrongObjectExpected = false,
    };
}
