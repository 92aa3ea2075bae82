namespace HandleCache.Model.Kernel.Vfs;

/// <summary>Checkpoints: the names of another kernel whose inodes are copied already.</summary>
internal sealed partial class DentryCache
{
    /// <summary>
    /// Copies every name that can be reached from the original's root or inodes; the order of
    /// children, aliases and hash chains stays. Nothing may be looked up at the time.
    /// </summary>
    /// <param name="root">The original's root.</param>
    /// <param name="inodes">Each of the original's inodes with its copy.</param>
    /// <returns>Each of the original's dentries with its copy.</returns>
    public Dictionary<Dentry, Dentry> CopyFrom(
        Dentry root, IReadOnlyDictionary<Inode, Inode> inodes)
    {
        Dictionary<Dentry, Dentry> copies = [];
        CopyTree(root, copies, inodes);
        foreach ((Inode inode, Inode copy) in inodes)
        {
            foreach (Dentry alias in inode.Aliases)
            {
                Dentry top = alias;
                while (!top.IsRoot)
                    top = top.Parent;
                CopyTree(top, copies, inodes);
                copy.Aliases.Add(copies[alias]);
            }
        }

        foreach ((Dentry dentry, Dentry copy) in copies)
        {
            foreach ((string name, Dentry first) in dentry.Hashed)
                copy.Hashed.Add(name, copies[first]);
            if (dentry.NextOfName is { } next)
                copy.NextOfName = copies[next];
        }

        Count = copies.Count;
        return copies;
    }

    private static void CopyTree(
        Dentry top, Dictionary<Dentry, Dentry> copies, IReadOnlyDictionary<Inode, Inode> inodes)
    {
        if (copies.ContainsKey(top))
            return;
        copies.Add(top, Copied(top, null, inodes));
        Stack<Dentry> rest = new([top]);
        while (rest.TryPop(out Dentry? dentry))
        {
            Dentry parent = copies[dentry];
            foreach (Dentry child in dentry.Children)
            {
                Dentry copy = Copied(child, parent, inodes);
                parent.Children.Add(copy);
                copies.Add(child, copy);
                rest.Push(child);
            }
        }
    }

    private static Dentry Copied(
        Dentry dentry, Dentry? parent, IReadOnlyDictionary<Inode, Inode> inodes) =>
        new(dentry.Name, parent)
        {
            Inode = dentry.Inode is { } inode ? inodes[inode] : null,
            FsData = dentry.FsData,
            Time = dentry.Time,
            IsHashed = dentry.IsHashed,
            IsDisconnected = dentry.IsDisconnected,
            References = dentry.References,
        };
}
