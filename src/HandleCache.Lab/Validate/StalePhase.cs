using HandleCache.Lab.Workload;

namespace HandleCache.Lab.Validate;

/// <summary>Deletes files through the mount; their handles must give ESTALE from then on.</summary>
internal static class StalePhase
{
    public static void Run(Stage stage, IReadOnlyList<string> paths)
    {
        HandlesReply before = stage.Ask(new HandlesRequest(stage.Root, paths));
        PathHandle[] given = [.. before.Handles.Where(h => h.Errno is null)];
        PathsReply removed = stage.Ask(new UnlinkRequest(
            stage.Root, [.. given.Select(h => h.Path)]));
        foreach (PathResult one in removed.Results.Where(r => r.Errno is not null))
        {
            stage.Ledger.Fail(
                ValidateChecks.StaleHandle, $"unlink {one.Path} on the mount: {one.Errno}");
        }

        OpenHandlesReply after = stage.Ask(new OpenHandlesRequest(
            stage.Root, [.. given.Select(h => new HandleText(h.Type, h.Bytes))]));
        for (int i = 0; i < given.Length; i++)
        {
            OpenedHandle got = after.Handles[i];
            PathHandle file = given[i];
            stage.Ledger.Compare(ValidateChecks.StaleHandle, got.Errno == "ESTALE", () =>
                $"{stage.Name}: the handle {MountHandle.Text(file.Type, file.Bytes)} of deleted "
                + $"{file.Path} gave {got.Errno ?? $"inode {got.Ino}"}, not ESTALE");
        }
    }
}
