namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// The names of one superblock (models fs/dcache.c, v6.18, as far as FUSE meets it). A dentry
/// nobody uses stays as long as it can be found by name; an inode stays as long as a dentry or a
/// caller holds it, because FUSE's drop_inode is inode_just_drop().
/// </summary>
/// <param name="wakes">Where who waited for a lookup is woken.</param>
/// <param name="faults">What is to be done wrong.</param>
internal sealed partial class DentryCache(WakeQueue wakes, KernelFaults faults)
{
    /// <summary>s_vfs_rename_mutex: held while a name goes from one directory to another.</summary>
    public KernelLock RenameMutex { get; } = new(wakes);

    /// <summary>Dentries in memory.</summary>
    public int Count { get; private set; }

    public Dentry NewRoot(Inode inode)
    {
        Dentry root = new("/", null) { IsHashed = true };
        Count++;
        Attach(root, inode);
        return root;
    }

    public static Dentry Get(Dentry dentry)
    {
        dentry.References++;
        return dentry;
    }

    /// <summary>dput(): the last user leaves; what cannot be found any more is freed.</summary>
    public void Put(Dentry? dentry)
    {
        while (dentry is not null)
        {
            dentry.References--;
            if (dentry.References > 0 || dentry.IsKilled
                || (dentry.IsHashed && !dentry.IsDisconnected))
            {
                return;
            }

            dentry = Kill(dentry);
        }
    }

    /// <summary>d_lookup(): a hashed child, with a reference.</summary>
    public static Dentry? Lookup(Dentry parent, string name) =>
        parent.Hashed.TryGetValue(name, out Dentry? found) ? Get(found) : null;

    /// <summary>d_alloc(): a new, unhashed, negative child with one reference.</summary>
    public Dentry Allocate(Dentry parent, string name)
    {
        Dentry dentry = new(name, Get(parent));
        parent.Children.Add(dentry);
        Count++;
        return dentry;
    }

    /// <summary>
    /// d_alloc_parallel(): a new child marked as being looked up, or the one that is found or was
    /// being looked up by somebody else, whose end is waited for.
    /// </summary>
    public async KernelTask<Dentry> AllocateParallelAsync(Dentry parent, string name)
    {
        while (true)
        {
            if (Lookup(parent, name) is { } found)
                return found;
            if (!parent.InLookup.TryGetValue(name, out Dentry? other))
                break;
            Get(other);
            KernelTask<bool> ended = new(wakes.Current);
            other.LookupWaiters.Add(ended);
            await ended;
            if (other.IsHashed && other.Parent == parent && other.Name == name)
                return other;
            Put(other);
        }

        // What the running kernel taught: below a directory that is not placed yet, names are not
        // kept either, and only the way up from what was opened is ever cleared of it.
        Dentry dentry = Allocate(parent, name);
        dentry.IsDisconnected = parent.IsDisconnected
            && !faults.Has(KernelFault.DisconnectedNamesKept);
        dentry.IsInLookup = true;
        parent.InLookup[name] = dentry;
        return dentry;
    }

    /// <summary>d_lookup_done(): wakes who waits for the same name.</summary>
    public void LookupDone(Dentry dentry)
    {
        if (!dentry.IsInLookup)
            return;
        dentry.IsInLookup = false;
        dentry.Parent.InLookup.Remove(dentry.Name);
        KernelTask<bool>[] waiters = [.. dentry.LookupWaiters];
        dentry.LookupWaiters.Clear();
        foreach (KernelTask<bool> waiter in waiters)
            wakes.Wake(waiter);
    }

    /// <summary>
    /// d_add(): hashes the dentry, with the inode (whose reference it takes) or negative.
    /// </summary>
    public void Add(Dentry dentry, Inode? inode)
    {
        if (inode is not null)
            Attach(dentry, inode);
        Hash(dentry);
        LookupDone(dentry);
    }

    /// <summary>d_instantiate(): a negative dentry becomes the inode's, hashed or not.</summary>
    public static void Instantiate(Dentry dentry, Inode inode) => Attach(dentry, inode);

    /// <summary>d_drop(): not found by name any more.</summary>
    public static void Drop(Dentry dentry)
    {
        if (!dentry.IsHashed || dentry.IsRoot)
            return;
        dentry.IsHashed = false;
        Dictionary<string, Dentry> names = dentry.Parent.Hashed;
        Dentry first = names[dentry.Name];
        if (first != dentry)
        {
            Dentry before = first;
            while (before.NextOfName != dentry)
                before = before.NextOfName!;
            before.NextOfName = dentry.NextOfName;
        }
        else if (dentry.NextOfName is { } next)
        {
            names[dentry.Name] = next;
        }
        else
        {
            names.Remove(dentry.Name);
        }

        dentry.NextOfName = null;
    }

    /// <summary>d_invalidate(): dropped, and all unused below it is freed.</summary>
    public void Invalidate(Dentry dentry)
    {
        if (!dentry.IsHashed)
            return;
        Drop(dentry);
        if (!dentry.IsNegative)
            ShrinkBelow(dentry);
    }

    /// <summary>shrink_dcache_parent(): frees every unused dentry below this one.</summary>
    public void ShrinkBelow(Dentry dentry)
    {
        foreach (Dentry child in dentry.Children.ToArray())
        {
            if (child.IsKilled)
                continue;
            ShrinkBelow(child);
            if (child.References == 0 && !child.IsKilled)
                Put(Kill(child));
        }
    }

    /// <summary>
    /// d_prune_aliases(): frees the inode's unused names. What the running kernel taught: a parent
    /// that only they held goes too, and so on up (shrink_kill()), though dput() would keep it.
    /// </summary>
    public void PruneAliases(Inode inode)
    {
        foreach (Dentry alias in inode.Aliases.ToArray())
        {
            Dentry? at = alias is { References: 0, IsKilled: false } ? alias : null;
            while (at is not null)
            {
                at = Kill(at);
                if (at is not null && (--at.References > 0 || at.IsKilled))
                    at = null;
            }
        }
    }

    /// <summary>
    /// d_delete(): the only user's dentry becomes negative and stays findable; one that others
    /// use keeps its inode and is dropped.
    /// </summary>
    public static void Delete(Dentry dentry)
    {
        if (dentry.References == 1)
            Detach(dentry);
        else
            Drop(dentry);
    }

    /// <summary>d_find_alias(): a findable name of the inode, with a reference.</summary>
    public static Dentry? FindAlias(Inode inode)
    {
        foreach (Dentry alias in inode.Aliases)
        {
            if (inode.IsDirectory || alias.IsHashed)
                return Get(alias);
        }

        return null;
    }

    /// <summary>For tests of the validator: makes a counter lie.</summary>
    internal void CorruptCount() => Count++;

    private static void Hash(Dentry dentry)
    {
        dentry.IsHashed = true;
        if (dentry.IsRoot)
            return;
        dentry.NextOfName = dentry.Parent.Hashed.GetValueOrDefault(dentry.Name);
        dentry.Parent.Hashed[dentry.Name] = dentry;
    }

    private static void Attach(Dentry dentry, Inode inode)
    {
        dentry.Inode = inode;
        inode.Aliases.Insert(0, dentry);
    }

    /// <summary>dentry_unlink_inode().</summary>
    private static void Detach(Dentry dentry)
    {
        if (dentry.Inode is not { } inode)
            return;
        dentry.Inode = null;
        inode.Aliases.Remove(dentry);
        inode.Put();
    }

    /// <summary>__dentry_kill(): the parent, one of whose references is to be given back.</summary>
    private Dentry? Kill(Dentry dentry)
    {
        Drop(dentry);
        LookupDone(dentry);
        dentry.IsKilled = true;
        Count--;
        Dentry? parent = dentry.IsRoot ? null : dentry.Parent;
        parent?.Children.Remove(dentry);
        Detach(dentry);
        return parent;
    }
}
