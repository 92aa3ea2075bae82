using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>How dentries come to another place: renames and directories found elsewhere.</summary>
internal sealed partial class DentryCache
{
    /// <summary>
    /// d_splice_alias(): gives the dentry its inode (one reference of which it takes). A directory
    /// has one dentry only: one that is known already is moved here and returned in its place.
    /// </summary>
    /// <returns>The dentry in use (with a reference if it is another), or an errno.</returns>
    public (Dentry? Other, int Errno) SpliceAlias(Inode? inode, Dentry dentry)
    {
        if (inode is { IsDirectory: true } && inode.Aliases.Count > 0)
        {
            Dentry known = Get(inode.Aliases[0]);
            int errno = 0;
            if (IsAncestor(known, dentry))
                errno = (int)Errno.ELOOP;
            else if (known.IsRoot)
                Move(known, dentry);
            else
                errno = Unalias(dentry, known);
            if (errno != 0)
            {
                Put(known);
                inode.Put();
                return (null, errno);
            }

            inode.Put();
            return (known, 0);
        }

        Add(dentry, inode);
        return (null, 0);
    }

    /// <summary>
    /// d_obtain_alias(): any name of the inode, or a new one outside of the tree.
    /// </summary>
    public Dentry ObtainAlias(Inode inode)
    {
        if (inode.Aliases.Count > 0)
        {
            Dentry known = Get(inode.Aliases[0]);
            inode.Put();
            return known;
        }

        Dentry dentry = new("/", null) { IsHashed = true, IsDisconnected = true };
        Count++;
        Attach(dentry, inode);
        return dentry;
    }

    /// <summary>
    /// d_move(): the dentry takes the target's name and place; the target is dropped. A
    /// disconnected one stays so until reconnect_path() has seen the whole way up.
    /// </summary>
    public void Move(Dentry dentry, Dentry target)
    {
        Drop(dentry);
        Drop(target);
        Place(dentry, target.Parent, target.Name);
        Hash(dentry);
        LookupDone(target);
    }

    /// <summary>
    /// d_exchange(): both stay findable, each in the other's place; of one and the same name the
    /// first is found (__d_move() hashes it last).
    /// </summary>
    public void Exchange(Dentry one, Dentry other)
    {
        Drop(one);
        Drop(other);
        (Dentry parent, string name) = (one.Parent, one.Name);
        Get(parent);
        Place(one, other.Parent, other.Name);
        Place(other, parent, name);
        Put(parent);
        Hash(other);
        Hash(one);
    }

    /// <summary>d_ancestor(): one lies on the way from the other to its root, or is it.</summary>
    public static bool IsAncestor(Dentry ancestor, Dentry dentry)
    {
        for (Dentry at = dentry; ; at = at.Parent)
        {
            if (at == ancestor)
                return true;
            if (at.IsRoot)
                return false;
        }
    }

    /// <summary>
    /// __d_unalias(): a directory found under another name is moved, if its old parent's lock and
    /// that of renames are free; else ESTALE. What the running kernel taught: a rename from one
    /// directory to another holds the latter while it looks its own two names up, so it is stale
    /// by itself when one of them is such a directory, and is tried again.
    /// </summary>
    private int Unalias(Dentry dentry, Dentry alias)
    {
        if (alias.Parent != dentry.Parent)
        {
            KernelLock parentLock = alias.Parent.Inode!.Lock;
            if (!RenameMutex.IsFree || !parentLock.TryAcquire(exclusive: false))
                return (int)Errno.ESTALE;
            parentLock.Release(exclusive: false);
        }

        Move(alias, dentry);
        return 0;
    }

    private void Place(Dentry dentry, Dentry parent, string name)
    {
        Dentry? old = dentry.IsRoot ? null : dentry.Parent;
        old?.Children.Remove(dentry);
        dentry.Parent = Get(parent);
        dentry.Name = name;
        parent.Children.Add(dentry);
        Put(old);
    }
}
