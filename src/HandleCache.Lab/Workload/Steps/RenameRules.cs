using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>
/// What renameat2(2) has to answer, in the order in which do_renameat2() and vfs_rename()
/// (fs/namei.c) look at things.
/// </summary>
internal static class RenameRules
{
    public static Errno Expected(ShadowName from, ShadowName to, uint flags)
    {
        bool exchange = (flags & RenameFlags.Exchange) != 0;
        ShadowNode? target = to.Node;
        if (from.Node is not { } source)
            return Errno.ENOENT;
        if (target is not null && (flags & RenameFlags.NoReplace) != 0)
            return Errno.EEXIST;
        if (target is null && exchange)
            return Errno.ENOENT;
        if (source.IsDirectory && source.IsAncestorOf(to.Directory))
            return Errno.EINVAL;
        if (target is { IsDirectory: true } && target.IsAncestorOf(from.Directory))
            return exchange ? Errno.EINVAL : Errno.ENOTEMPTY;
        if (target is null || exchange || target == source)
            return Errno.None;
        if (source.IsDirectory && !target.IsDirectory)
            return Errno.ENOTDIR;
        if (!source.IsDirectory && target.IsDirectory)
            return Errno.EISDIR;
        return target.Children.Count > 0 ? Errno.ENOTEMPTY : Errno.None;
    }

    /// <summary>Does to the shadow what the call did.</summary>
    public static void Apply(Scratch scratch, ShadowName from, ShadowName to, uint flags)
    {
        ShadowNode source = from.Node!;
        ShadowNode? target = to.Node;
        if (source == target)
            return;
        if ((flags & RenameFlags.Exchange) != 0)
        {
            from.Directory.Children[from.Name] = target!;
            to.Directory.Children[to.Name] = source;
            MoveDirectory(target!, from.Directory);
        }
        else
        {
            if (target is not null)
                scratch.Remove(to);
            from.Directory.Children.Remove(from.Name);
            to.Directory.Children.Add(to.Name, source);
        }

        MoveDirectory(source, to.Directory);
    }

    private static void MoveDirectory(ShadowNode node, ShadowNode parent)
    {
        if (node.IsDirectory)
            node.Parent = parent;
    }
}
