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
                CompareStates(stage, fileSystem, known);
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
        Stage stage, ReusingFileSystem fileSystem, List<KnownObject> known)
    {
        OpenHandlesReply opened = stage.Ask(new OpenHandlesRequest(
            stage.Root, [.. known.Select(o => o.Exported)]));
        for (int i = 0; i < known.Count; i++)
        {
            KnownObject one = known[i];
            OpenedHandle shown = opened.Handles[i];
            (ulong generation, uint type) = fileSystem.Now(i);
            (uint Generation, uint Type) model = stage.Mirror.Inspect(cache =>
            {
                InodeIndex index = cache.Find(one.NodeId);
                InodeInfo info = index.IsNone ? default : cache.Get(index);
                return (info.Generation, info.FileType);
            });
            CheckLedger ledger = stage.Ledger;
            uint shownType = shown.Mode & FileModes.TypeMask;
            bool holds = shown.Errno is null && model.Type == shownType
                && model.Generation == (uint)generation && type == shownType;
            ledger.Compare(ValidateChecks.InodeState, holds, () =>
                $"{one.Path} (nodeid {one.NodeId}): the server gave generation {generation} and "
                + $"type 0x{type:x}, the mount shows {shown.Errno ?? $"type 0x{shownType:x}"}, "
                + $"the model holds generation {model.Generation} and type 0x{model.Type:x}");
        }
    }
}
