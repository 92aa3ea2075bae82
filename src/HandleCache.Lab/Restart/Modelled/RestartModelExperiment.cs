using HandleCache.Model.Handles;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// Explores the modelled world: every history, with the server killed after every step and in the
/// middle of the next request, with every change behind the mount between crash and restart, for
/// every dialect, with handles that outlive the server and with such that do not. Lazily, and
/// once more with a storm. Derived: no real kernel takes part.
/// </summary>
public static class RestartModelExperiment
{
    public static RestartModelResult Run(RestartModelOptions options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        DialectDefect[] defects = [.. options.Defects.Select(Defect)];
        foreach (DialectDefect defect in defects)
        {
            if (options.Dialects.All(d => d.Name != defect.Dialect))
            {
                throw new BadInputException(
                    $"{defect.Name} is a defect of {defect.Dialect}, which is not among the "
                    + "dialects " + string.Join(", ", options.Dialects.Select(d => d.Name)));
            }
        }

        bool hasSwitch = defects.Length > 0 || options.NoParentHandle;
        NodeIdPolicy nodeIds = options.NodeIds
            ?? (hasSwitch ? NodeIdPolicy.InodeNumber : NodeIdPolicy.PerLife);
        List<History> histories = [.. Histories.Scripted];
        for (int i = 0; i < options.Histories; i++)
            histories.Add(Histories.Random(options.Seed, i));
        options.Shard.RequireWork(histories.Count, "histories");
        histories = [.. options.Shard.Take(histories)];
        int? agreed = AgreedFor(defects);
        List<RestartModelRow> rows = [];
        foreach (Dialect dialect in Variants(options, defects))
        {
            foreach (bool persistent in new[] { true, false })
            {
                if (!dialect.CarriesHandles && persistent)
                    continue;
                WorldOptions world = new()
                {
                    Dialect = dialect,
                    NodeIds = nodeIds,
                    PersistentHandles = persistent,
                    NoParentHandle = options.NoParentHandle,
                    Epoch = options.Epoch,
                    AgreedHandleBytes = agreed,
                    Strategy = agreed is { } most
                        ? HandleStrategy.PointerMax(most)
                        : HandleStrategy.Inline(12),
                };
                rows.Add(Explore(world, options, histories, stop));
            }
        }

        return new RestartModelResult(rows, nodeIds, options);
    }

    /// <summary>
    /// The scripted histories alone, with nodeids that never collide and handles that outlive the
    /// server where the dialect has any.
    /// </summary>
    internal static RestartModelRow Scripted(Dialect dialect, CancellationToken stop) => Explore(
        new WorldOptions { Dialect = dialect, PersistentHandles = dialect.CarriesHandles },
        new RestartModelOptions(), [.. Histories.Scripted], stop);

    private static RestartModelRow Explore(
        WorldOptions world, RestartModelOptions options, List<History> histories,
        CancellationToken stop)
    {
        RestartModelRow row = new()
        {
            Dialect = world.Dialect.Name,
            CarriesHandles = world.Dialect.CarriesHandles,
            HandleInEveryRequest = world.Dialect.Options.HandleInEveryRequest,
            PersistentHandles = world.PersistentHandles,
            WrongObjectExpected = options.NoParentHandle || options.Defects.Count > 0
                || (world.NodeIds != NodeIdPolicy.PerLife && !AlwaysHasHandles(world.Dialect)),
        };
        CrashExploration exploration = new(row, stop);
        foreach (int handleBytes in options.HandleBytes)
            exploration.Explore(world with { HandleBytes = handleBytes }, histories);
        return row;
    }

    /// <summary>Each dialect as posted, and with the handle in every request.</summary>
    private static IEnumerable<Dialect> Variants(
        RestartModelOptions options, DialectDefect[] defects)
    {
        foreach (Dialect posted in options.Dialects)
        {
            DialectDefect[] own = [.. defects.Where(d => d.Dialect == posted.Name)];
            if (defects.Length > 0 && own.Length == 0)
                continue;
            bool[] ways = posted.CarriesHandles && posted.OptIn != HandleOptIn.FileSystemType
                ? [false, true]
                : [false];
            foreach (bool every in ways)
            {
                yield return posted.With(
                    posted.Options with
                    {
                        Defects = [.. posted.Options.Defects, .. own],
                        HandleInEveryRequest = every,
                    });
            }
        }
    }

    /// <summary>Every request and every reply about an inode brings its handle.</summary>
    private static bool AlwaysHasHandles(Dialect dialect) =>
        dialect.Options.HandleInEveryRequest && dialect.ReplyBrings(FuseOpcode.FUSE_MKNOD);

    /// <summary>
    /// The agreed maximum that lets a defect of long handles show: of the two lengths of handles
    /// the longer one is just that long, or too long. Null for the dialect's own.
    /// </summary>
    private static int? AgreedFor(DialectDefect[] defects) =>
        defects.Contains(DialectDefect.V2RefuseLongest) ? 40
        : defects.Contains(DialectDefect.V1TruncateTooLong)
            || defects.Contains(DialectDefect.V2FailedIgetStaysLocked) ? 24
        : null;

    private static DialectDefect Defect(string name) =>
        DialectList.TryParseDefect(name, out DialectDefect? defect, out string? error)
            ? defect
            : throw new BadInputException(error);
}
