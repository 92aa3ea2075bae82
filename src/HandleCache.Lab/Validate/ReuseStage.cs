using HandleCache.Lab.Differential;
using HandleCache.Lab.Workload;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Validate;

/// <summary>
/// A server that gives a nodeid again for another object: the kernel makes the old inode bad and
/// a new one under the same nodeid (R1), and FORGETs both without saying which.
/// </summary>
internal static class ReuseStage
{
    private const int Names = 24;

    /// <summary>Of each four names: new generation, new type, both, neither.</summary>
    private const int Kinds = 4;

    private const int Rounds = 6;

    public static void Run(StagePlan plan)
    {
        ReusingFileSystem fileSystem = new(Names);
        using Stage stage = Stage.Start(
            "reuse",
            plan,
            fileSystem,
            new SessionOptions { ReadDirPlus = ReadDirPlusMode.Off },
            readOnly: true,
            reusesNodeIds: true);
        string[] paths = [.. Enumerable.Range(0, Names).Select(ReusingFileSystem.NameOf)];
        for (int round = 0; round < Rounds; round++)
        {
            plan.Cancel.ThrowIfCancellationRequested();
            List<KnownObject> known = HandlePhase.Run(plan, stage, paths, _ => null);
            if (plan.Options.Dialect.AsksStatx)
            {
                plan.Ledger.NotCompared(
                    ValidateChecks.InodeState,
                    "the dialect's entries have neither generation nor type");
            }
            else
            {
                CompareStates(plan, stage, fileSystem, known);
            }

            // Half of the objects are held open over the change, so that old and new live at once.
            stage.Ask(new HoldRequest(stage.Root, [.. paths.Where((_, i) => i / Kinds % 2 == 0)]));
            for (int i = 0; i < Names; i++)
                fileSystem.Reuse(i, (i % Kinds) is 0 or 2, (i % Kinds) is 1 or 2);
            stage.Ask(new HandlesRequest(stage.Root, paths));
            if (round % 2 == 1)
                stage.Ask(new ReleaseRequest());
        }

        ForgottenPhase.Run(stage, new Evictor(stage, plan.Options.Eviction), paths);
        stage.Mirror.Validate();
        plan.Stages.Add(new StageSummary(stage.Name, stage.Mirror.Statistics));
    }

    /// <summary>Generation and type: server, model, and what the mount shows.</summary>
    private static void CompareStates(
        StagePlan plan, Stage stage, ReusingFileSystem fileSystem, List<KnownObject> known)
    {
        ReclaimWatch watch = new();
        OpenHandlesReply opened = Open(stage, known);
        for (int i = 0; i < known.Count; i++)
        {
            (ulong generation, uint type) = fileSystem.Now(i);
            ObjectState given = new((uint)generation, type);
            CompareState(plan, stage, known[i], opened.Handles[i], given, watch);
        }
    }

    /// <summary>
    /// An inode that the kernel may have evicted on its own meanwhile is looked up and opened
    /// again: what is wrong stays wrong.
    /// </summary>
    private static void CompareState(
        StagePlan plan, Stage stage, KnownObject one, OpenedHandle shown, ObjectState given,
        ReclaimWatch watch)
    {
        for (int attempt = 1; ; attempt++)
        {
            ObjectState? held = stage.Mirror.Inspect(cache => ObjectState.Of(cache, one.NodeId));
            bool isLast = attempt == Disturbances.Attempts;
            bool isSpoilt = (held is null || shown.Errno == "ESTALE")
                && plan.Disturbances.MayExplain(watch);
            if (!isSpoilt || (isLast && !stage.IsForgotten(one.NodeId)))
            {
                Compare(stage.Ledger, one, shown, given, held ?? default);
                return;
            }

            if (isLast)
            {
                plan.Disturbances.GiveUp(
                    ValidateChecks.InodeState, $"generation and type of {one.Path}", watch);
                return;
            }

            watch = new ReclaimWatch();
            one = HandlePhase.Look(stage, one.Path) ?? one;
            shown = Open(stage, [one]).Handles[0];
        }
    }

    private static void Compare(
        CheckLedger ledger, KnownObject one, OpenedHandle shown, ObjectState given,
        ObjectState held)
    {
        uint shownType = shown.Mode & FileModes.TypeMask;
        bool holds = shown.Errno is null && held == given && given.Type == shownType;
        ledger.Compare(ValidateChecks.InodeState, holds, () =>
            $"{one.Path} (nodeid {one.NodeId}): the server gave generation {given.Generation} "
            + $"and type 0x{given.Type:x}, the mount shows "
            + $"{shown.Errno ?? $"type 0x{shownType:x}"}, the model holds generation "
            + $"{held.Generation} and type 0x{held.Type:x}");
    }

    private static OpenHandlesReply Open(Stage stage, IReadOnlyList<KnownObject> objects) =>
        stage.Ask(new OpenHandlesRequest(stage.Root, [.. objects.Select(o => o.Exported)]));

    private readonly record struct ObjectState(uint Generation, uint Type)
    {
        /// <summary>Of the model's inode; null when it holds none.</summary>
        public static ObjectState? Of(FuseInodeCache cache, ulong nodeid)
        {
            InodeIndex index = cache.Find(nodeid);
            if (index.IsNone)
                return null;
            InodeInfo info = cache.Get(index);
            return new ObjectState(info.Generation, info.FileType);
        }
    }
}
