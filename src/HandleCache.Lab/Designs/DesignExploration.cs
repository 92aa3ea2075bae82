using HandleCache.Lab.Restart.Modelled;
using HandleCache.Model.Handles;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Designs;

/// <summary>
/// Looks for the shortest history that a design gets wrong, in the modelled world of `restart
/// --model`: every history of at most two calls, a restart with at most one change behind the
/// mount, and at most two calls more, shortest first. Derived; no real kernel takes part.
/// </summary>
internal static class DesignExploration
{
    /// <summary>Longest history that is tried, in steps.</summary>
    public const int MostSteps = 5;

    /// <summary>Most calls ahead of a restart, and behind it.</summary>
    private const int MostCalls = 2;

    private static readonly WorldStep[] Plain = Steps(
        "stat d/a; stat e/f; open d/a 1; read 1; open d 2; statat 2 a; unlink d/a; mknod d/a; "
        + "rename d/a z; link d/a z; shrink");

    private static readonly WorldStep[] After =
        Steps("stat d/a; stat e/f; read 1; statat 2 a; mknod d/a; open d/a 1");

    private static readonly WorldStep StatxFails = new("statx-fails");
    private static readonly WorldStep Crash = new("crash");
    private static readonly WorldStep Restart = new("restart");

    /// <summary>The steps alone that somebody else does between crash and restart.</summary>
    private static readonly WorldStep[] Changes =
        [.. Histories.Changes.Where(c => c.Length > 0).Select(WorldStep.Parse)];

    /// <summary>All histories, the shortest first.</summary>
    private static readonly WorldStep[][] Usual = [.. Enumerable.Range(1, MostSteps)
        .SelectMany(length => OfLength(length, Plain))];

    /// <summary>The same where attributes come apart from entries, and may not come.</summary>
    private static readonly WorldStep[][] WithStatx = [.. Enumerable.Range(1, MostSteps)
        .SelectMany(length => OfLength(length, [.. Plain, StatxFails]))];

    /// <summary>How many histories <see cref="MostSteps"/> comes to.</summary>
    public static int Count(WireDesign design) => AllOf(design).Length;

    private static WorldStep[][] AllOf(WireDesign design) =>
        design.Framing == DesignFraming.Plain ? Usual : WithStatx;

    /// <summary>
    /// The shortest history that comes out differently with a deviation and without; null where
    /// none does.
    /// </summary>
    public static FoundHistory? Shortest(
        DesignDeviation deviation, CancellationToken cancel)
    {
        Dialect with = deviation.With.ToDialect();
        Dialect without = deviation.Without.ToDialect();
        foreach (WorldStep[] steps in AllOf(deviation.With))
        {
            cancel.ThrowIfCancellationRequested();
            foreach (NodeIdPolicy nodeIds in (ReadOnlySpan<NodeIdPolicy>)
                [NodeIdPolicy.PerLife, NodeIdPolicy.InodeNumber, NodeIdPolicy.Counter])
            {
                WorldOptions world = WorldFor(with, nodeIds, deviation.With.Defects);
                string outcome = Run(world, steps);
                string sound = Run(world with { Dialect = without }, steps);
                if (outcome != sound)
                {
                    return new FoundHistory(
                        [.. steps.Select(s => s.ToString())], nodeIds, outcome, sound);
                }
            }
        }

        return null;
    }

    /// <summary>
    /// The first history, of all or of random ones, after which an object was mistaken for
    /// another, a call hung, or counts did not balance, with nodeids that never collide; null for
    /// a design that is safe in them.
    /// </summary>
    public static FoundHistory? FirstUnsafe(
        WireDesign design, ulong seed, int randomHistories, CancellationToken cancel) =>
        FirstUnsafe(design, seed, randomHistories, Shard.Whole, cancel);

    /// <inheritdoc cref="FirstUnsafe(WireDesign, ulong, int, CancellationToken)"/>
    public static FoundHistory? FirstUnsafe(
        WireDesign design, ulong seed, int randomHistories, Shard shard,
        CancellationToken cancel)
    {
        WorldOptions world = WorldFor(
            design.ToDialect(), NodeIdPolicy.PerLife, DesignDefects.None);
        IEnumerable<int> numbers = shard.Take(Enumerable.Range(0, randomHistories));
        IEnumerable<WorldStep[]> random = numbers.Select(i =>
        {
            History history = Histories.Random(seed, i);
            int at = history.Steps.Count / 2;
            WorldStep[] steps = [.. history.Steps.Take(at), Crash, Restart,
                .. history.Steps.Skip(at)];
            int failsAt = i % (steps.Length + 1);
            return design.Framing == DesignFraming.Plain
                ? steps
                : [.. steps.Take(failsAt), StatxFails, .. steps.Skip(failsAt)];
        });
        foreach (WorldStep[] steps in AllOf(design).Concat(random))
        {
            cancel.ThrowIfCancellationRequested();
            using RestartWorld run = Begin(world);
            foreach (WorldStep step in steps)
                run.Do(step);
            if (Broken(run) is { } broken)
            {
                return new FoundHistory(
                    [.. steps.Select(s => s.ToString())], NodeIdPolicy.PerLife, broken, "");
            }
        }

        return null;
    }

    /// <summary>A world that shows what the design and its defects do.</summary>
    internal static WorldOptions WorldFor(
        Dialect dialect, NodeIdPolicy nodeIds, DesignDefects defects)
    {
        (int handleBytes, int? agreed) = defects switch
        {
            DesignDefects.RefusesLongest => (24, 24),
            DesignDefects.TruncatesTooLong or DesignDefects.FailedIgetStaysLocked => (24, 20),
            _ => (Math.Clamp(dialect.MaxHandleBytes, 12, 16), (int?)null),
        };
        return new WorldOptions
        {
            Dialect = dialect,
            NodeIds = nodeIds,
            PersistentHandles = dialect.CarriesHandles,
            HandleBytes = Math.Min(handleBytes, Math.Max(12, dialect.MaxHandleBytes)),
            AgreedHandleBytes = agreed,
            Strategy = agreed is { } most
                ? HandleStrategy.PointerMax(most)
                : HandleStrategy.Inline(12),
        };
    }

    private static RestartWorld Begin(WorldOptions options)
    {
        RestartWorld world = new(options);
        foreach (string path in Histories.Planted)
            world.Plant(path, isDirectory: false);
        return world;
    }

    /// <summary>The errno of the last step that has one, and what was counted.</summary>
    private static string Run(WorldOptions options, WorldStep[] steps)
    {
        using RestartWorld world = Begin(options);
        Errno last = Errno.None;
        foreach (WorldStep step in steps)
            last = world.Do(step);
        return Broken(world) ?? (last == Errno.None ? "success" : last.ToString());
    }

    private static string? Broken(RestartWorld world)
    {
        WorldTally tally = world.Tally;
        if (tally.WrongObject > 0)
            return $"wrong object: {tally.FirstWrong}";
        if (tally.Hung > 0)
            return "the call never ends";
        return tally.StaleAttributes > 0
            ? "attributes that the server did not allow to be believed"
            : world.Unbalanced();
    }

    /// <summary>Every history of just that many steps, with one restart or none.</summary>
    private static IEnumerable<WorldStep[]> OfLength(int length, WorldStep[] calling)
    {
        foreach (WorldStep[] calls in Words(calling, length))
            yield return calls;
        for (int before = 1; before <= MostCalls; before++)
        {
            foreach (WorldStep[] first in Words(calling, before))
            {
                foreach (WorldStep[] then in Words(After, length - before - 1))
                    yield return [.. first, Restart, .. then];
                foreach (WorldStep change in Changes)
                {
                    foreach (WorldStep[] then in Words(After, length - before - 3))
                        yield return [.. first, Crash, change, Restart, .. then];
                }
            }
        }
    }

    /// <summary>Every sequence of that many calls; none where that is more than is tried.</summary>
    private static IEnumerable<WorldStep[]> Words(WorldStep[] calls, int length) => length switch
    {
        < 0 or > MostCalls => [],
        0 => [[]],
        _ => Words(calls, length - 1).SelectMany(
            _ => calls, (word, call) => (WorldStep[])[.. word, call]),
    };

    private static WorldStep[] Steps(string lines) =>
        [.. lines.Split("; ").Select(WorldStep.Parse)];
}

/// <summary>A history that was found, and what came of it.</summary>
/// <param name="Steps">As `restart --model` spells them.</param>
/// <param name="NodeIds">What the server takes for nodeids.</param>
/// <param name="Outcome">With the design.</param>
/// <param name="Sound">With the rule kept; empty where nothing was compared.</param>
public sealed record FoundHistory(
    IReadOnlyList<string> Steps, NodeIdPolicy NodeIds, string Outcome, string Sound);
