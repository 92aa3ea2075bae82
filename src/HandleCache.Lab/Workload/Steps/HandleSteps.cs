using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>
/// name_to_handle_at, and open_by_handle_at of handles got before: it reaches the same object,
/// or, where that is allowed or the object is gone, ESTALE; never another object.
/// </summary>
internal sealed class HandleSteps(StepContext context, Scratch? scratch)
{
    private const int MaxKept = 64;

    private readonly List<Kept> _kept = [];

    public void GetShared()
    {
        if (!context.Abilities.Has(Abilities.Handle))
            return;
        if (context.Any(context.Tree.Objects) is not { } found)
            return;
        Get(context.Root, found.PathBytes, found.Path, found.Found.Ino, null);
    }

    public void GetOwn(ShadowName name)
    {
        if (!context.Abilities.Has(Abilities.Handle) || name.Node is not { } node)
            return;
        if (node.Ino != 0)
            Get(scratch!.Directory, name.PathBytes, name.Path, node.Ino, node);
    }

    public void OpenKept()
    {
        if (_kept.Count == 0 || !context.Abilities.Has(Abilities.OpenHandle))
            return;
        Kept kept = context.Random.PickFrom(_kept);
        using FileDescriptor? fd = context.Calls.OpenHandle(
            context.Root, kept.Handle, OpenFlags.Path, out Errno errno);
        bool isGone = kept.Node is { NLink: 0 };
        if (fd is null)
        {
            bool mayBeStale = isGone || context.AllowStale;
            Errno expected = mayBeStale && errno == Errno.ESTALE ? Errno.ESTALE : Errno.None;
            context.Log.Expect("open_by_handle_at", kept.Path, expected, errno);
            return;
        }

        errno = context.Calls.Statx(fd, out Statx statx);
        if (isGone)
        {
            // It may live on while it is open, and a moment longer until the server has been
            // told; but then without a name. One with a name is another object.
            bool isOther = errno == Errno.None && statx.NLink > 0
                && !FileModes.IsDirectory(statx.Mode);
            context.Log.Require(!isOther, "open_by_handle_at", kept.Path,
                $"ESTALE, or inode {kept.Ino} without names",
                $"inode {statx.Ino}, nlink {statx.NLink}");
        }
        else if (context.Log.Expect("statx", kept.Path, Errno.None, errno))
        {
            context.Log.Check("open_by_handle_at ino", kept.Path, kept.Ino, statx.Ino);
        }
    }

    private void Get(
        FileDescriptor dir, byte[] name, string path, ulong ino, ShadowNode? node)
    {
        Errno errno = context.Calls.GetHandle(dir, name, out FileHandleBuffer handle);
        if (!context.Log.Expect("name_to_handle_at", path, Errno.None, errno))
            return;
        if (_kept.Count == MaxKept)
            _kept.RemoveAt(0);
        _kept.Add(new Kept(handle, path, ino, node));
    }

    private sealed record Kept(
        FileHandleBuffer Handle, string Path, ulong Ino, ShadowNode? Node);
}
