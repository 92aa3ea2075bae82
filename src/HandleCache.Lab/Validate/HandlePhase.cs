using HandleCache.Lab.Differential;
using HandleCache.Lab.Workload;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Validate;

/// <summary>Gives the handle a path's object has now, from a source other than the model.</summary>
/// <param name="path">Path below the root.</param>
/// <returns>The handle; null when the object has none or is gone.</returns>
internal delegate HandleText? TrueHandle(string path);

/// <summary>An object whose handles have been compared.</summary>
/// <param name="Path">Below the root.</param>
/// <param name="NodeId">By the mount's own handle.</param>
/// <param name="Ino">Inode number that statx gives on the mount.</param>
/// <param name="Exported">The mount's handle.</param>
internal sealed record KnownObject(string Path, ulong NodeId, ulong Ino, HandleText Exported);

/// <summary>
/// Compares three views of each object with each other: the mount's handle (kernel), the model's
/// cached inode, and the source's handle now.
/// </summary>
internal static class HandlePhase
{
    /// <summary>Paths per question, so that an answer stays a line of reasonable length.</summary>
    private const int Chunk = 500;

    public static List<KnownObject> Run(
        StagePlan plan, Stage stage, IReadOnlyList<string> paths, TrueHandle trueHandle)
    {
        List<KnownObject> known = [];
        foreach (string[] chunk in paths.Chunk(Chunk))
        {
            plan.Cancel.ThrowIfCancellationRequested();
            ReclaimWatch watch = new();
            HandlesReply reply = stage.Ask(new HandlesRequest(stage.Root, chunk));
            foreach (PathHandle given in reply.Handles)
            {
                if (Examine(plan, stage, given, trueHandle, watch) is { } one)
                    known.Add(one);
            }
        }

        return known;
    }

    /// <summary>Asks the mount alone, without comparing.</summary>
    public static KnownObject? Look(Stage stage, string path)
    {
        PathHandle given = stage.Ask(new HandlesRequest(stage.Root, [path])).Handles[0];
        return given.Errno is null ? Known(given) : null;
    }

    /// <summary>
    /// Compares one answer. The kernel may evict the inode on its own between the answer and the
    /// look into the model: then the path is asked for again.
    /// </summary>
    private static KnownObject? Examine(
        StagePlan plan, Stage stage, PathHandle given, TrueHandle trueHandle, ReclaimWatch watch)
    {
        for (int attempt = 1; given.Errno is null; attempt++)
        {
            ulong nodeid = MountHandle.NodeIdOf(given);
            HandleText? actual = trueHandle(given.Path);
            ModelView view = stage.Mirror.Inspect(cache => ModelView.Of(cache, nodeid, actual));
            bool isSpoilt = view.Held is null && plan.Disturbances.MayExplain(watch);
            if (!isSpoilt)
            {
                Compare(plan, stage, given, actual, view);
                return Known(given);
            }

            if (attempt == Disturbances.Attempts)
            {
                plan.Disturbances.GiveUp(
                    ValidateChecks.ExportHandle, $"the handle of {given.Path}", watch);
                return Known(given);
            }

            watch = new ReclaimWatch();
            given = stage.Ask(new HandlesRequest(stage.Root, [given.Path])).Handles[0];
        }

        stage.Ledger.Fail(ValidateChecks.ExportHandle,
            $"name_to_handle_at {given.Path} on the mount: {given.Errno}");
        return null;
    }

    private static KnownObject Known(PathHandle given) => new(
        given.Path, MountHandle.NodeIdOf(given), given.Ino,
        new HandleText(given.Type, given.Bytes));

    /// <summary>Every entry brings its handle, however the kernel came by it.</summary>
    public static bool AllHaveHandles(Dialect dialect) =>
        dialect.ReplyBrings(FuseOpcode.FUSE_READDIRPLUS);

    private static void Compare(
        StagePlan plan, Stage stage, PathHandle given, HandleText? actual, ModelView view)
    {
        ulong nodeid = MountHandle.NodeIdOf(given);
        CheckLedger ledger = stage.Ledger;
        string mountText = MountHandle.Text(given.Type, given.Bytes);

        HandleText predicted = MountHandle.Predict(view.NodeId, view.Generation);
        bool exportHolds = view.Found
            && predicted.Type == given.Type && predicted.Bytes == given.Bytes;
        ledger.Compare(ValidateChecks.ExportHandle, exportHolds, () => view.Found
            ? $"{given.Path}: the mount exports {mountText}, the model predicts "
                + MountHandle.Text(predicted.Type, predicted.Bytes) + $" (nodeid {view.NodeId})"
            : $"{given.Path}: the mount exports {mountText}, whose inode (nodeid {nodeid}) the "
                + "model does not hold");
        bool mayLack = !AllHaveHandles(plan.Options.Dialect);
        if (!plan.Options.Dialect.CarriesHandles)
            ledger.NotCompared(ValidateChecks.HandleBytes, "the dialect has no handles");
        if (actual is not null && view.Held is { } held && !(mayLack && held.Bytes.Length == 0))
        {
            ledger.Compare(ValidateChecks.HandleBytes, held == actual, () =>
                $"{given.Path} (nodeid {nodeid}): the file system says "
                + $"{MountHandle.Text(actual.Type, actual.Bytes)}, the model holds "
                + MountHandle.Text(held.Type, held.Bytes));
            if (view.IsSpilled)
                plan.HandlesSpilled++;
            else
                plan.HandlesInline++;
        }
    }

    /// <summary>What the model says of an object, copied out of it.</summary>
    /// <param name="Found">There is an inode to predict the mount's handle from.</param>
    /// <param name="NodeId">Predicted.</param>
    /// <param name="Generation">Predicted.</param>
    /// <param name="Held">
    /// The handle of the inode under the mount's nodeid; null without one.
    /// </param>
    /// <param name="IsSpilled">Whether that lies in an external buffer.</param>
    private sealed record ModelView(
        bool Found, ulong NodeId, uint Generation, HandleText? Held, bool IsSpilled)
    {
        /// <summary>
        /// Where the true handle is long enough to be unique, the inode found by it predicts
        /// nodeid and generation, else the inode under the nodeid. The handle held is always
        /// that under the nodeid: of an inode found by its handle it could not differ.
        /// </summary>
        public static ModelView Of(FuseInodeCache cache, ulong nodeid, HandleText? actual)
        {
            InodeIndex byNodeId = cache.Find(nodeid);
            InodeIndex predicting = byNodeId;
            if (actual is { Bytes.Length: >= 16 })
            {
                InodeIndex byHandle = cache.FindByHandle(new FileHandle(
                    (uint)actual.Type, Convert.FromHexString(actual.Bytes)));
                if (!byHandle.IsNone)
                    predicting = byHandle;
            }

            InodeInfo predicted = predicting.IsNone ? default : cache.Get(predicting);
            InodeInfo held = byNodeId.IsNone ? default : cache.Get(byNodeId);
            return new ModelView(
                !predicting.IsNone,
                predicted.NodeId,
                predicted.Generation,
                byNodeId.IsNone
                    ? null
                    : new HandleText((int)held.Handle.Type, MountHandle.Hex(held.Handle.Bytes)),
                held.IsSpilled);
        }
    }
}
