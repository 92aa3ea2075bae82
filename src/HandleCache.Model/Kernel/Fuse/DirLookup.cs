using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// Names become inodes: fuse_lookup_name(), fuse_lookup(), fuse_dentry_revalidate() (R4, R5, R6;
/// models fs/fuse/dir.c, v6.18).
/// </summary>
internal sealed class DirLookup(
    DentryCache dcache, KernelFaults faults, ModelKernelOptions options, Connection conn,
    Clock clock, Requests requests, InodeGet inodes, InodeAttributes attributes)
    : IDentryOperations
{
    /// <summary>What fuse_lookup_name() found.</summary>
    /// <param name="Errno">0 also where the server said: no such name, and for so long.</param>
    /// <param name="Entry">The reply.</param>
    /// <param name="Inode">With a reference; null for a negative entry and for an error.</param>
    public readonly record struct Found(int Errno, EntryIn? Entry, FuseInode? Inode);

    /// <summary>R4, models fuse_lookup_name().</summary>
    public async KernelTask<Found> LookupNameAsync(Requests.Subject parent, string name)
    {
        int most = faults.Has(KernelFault.NameMaxLow)
            ? FuseConstants.FUSE_NAME_LOW_MAX
            : conn.NameMax;
        if (name.Length > most)
            return new((int)Errno.ENAMETOOLONG, null, null);
        ulong attrVersion = conn.AttrVersion;
        ulong evictCtr = attributes.EvictCtr;
        KernelAnswer answer = await requests.AskEntryAsync(
            FuseOpcode.FUSE_LOOKUP, parent, FuseArgs.Bytes(name), ReplyRoom.OfEntry,
            requests.LookupBringsHandle(isRevalidation: false));
        if (answer.Errno != 0)
            return new(answer.Errno, null, null);
        EntryIn entry = answer.Entry!;
        if (entry.NodeId == 0)
            return new(0, entry, null);
        if (entry.HasInvalidAttributes && !faults.Has(KernelFault.InvalidAttributesTaken))
            return new((int)Errno.EIO, entry, null);
        if (entry.NodeId == FuseConstants.FUSE_ROOT_ID && entry.Entry.generation != 0)
        {
            // The root's generation is 0, whatever the server says of it (commit 63197c7d9b0f,
            // "fuse: fix root lookup with nonzero generation").
            fuse_entry_out fixedEntry = entry.Entry;
            fixedEntry.generation = 0;
            entry = entry with { Entry = fixedEntry };
        }

        await inodes.InodeUnlockedAsync(entry.NodeId);
        FuseInode? inode = inodes.IGet(entry, attrVersion, evictCtr);
        if (inode is null)
        {
            requests.ForgetEntry(entry.NodeId);
            return new((int)Errno.ENOMEM, entry, null);
        }

        return new(0, entry, inode);
    }

    /// <summary>
    /// R5, models fuse_lookup(): looks a name up into its dentry. The dentry to use (with a
    /// reference) is another one where a directory was known elsewhere.
    /// </summary>
    public async KernelTask<(Dentry? Other, int Errno)> LookupAsync(
        Dentry directory, Dentry dentry)
    {
        FuseInode dir = directory.FuseInode!;
        if (inodes.IsBad(dir))
            return (null, (int)Errno.EIO);
        int epoch = conn.Epoch;
        bool isLocked = await dir.LockAsync(conn);
        Found found = await LookupNameAsync(dir, dentry.Name);
        dir.Unlock(isLocked);
        bool isValid = true;
        int errno = found.Errno;
        if (errno == (int)Errno.ENOENT)
        {
            isValid = false;
            errno = 0;
        }

        if (found.Inode is null && faults.Has(KernelFault.NegativeEntryIgnored))
            isValid = false;

        if (errno != 0)
            return (null, errno);
        if (found.Inode is { NodeId: FuseConstants.FUSE_ROOT_ID } root)
        {
            root.Put();
            return (null, (int)Errno.EIO);
        }

        (Dentry? other, errno) = dcache.SpliceAlias(found.Inode, dentry);
        if (errno != 0)
            return (null, errno);
        Dentry used = other ?? dentry;
        used.Epoch = epoch;
        used.ExpiryNs = isValid ? EntryExpiry(found.Entry!) : 0;
        if (!isValid && faults.Has(KernelFault.MissRemembered))
            used.ExpiryNs = long.MaxValue;
        if (found.Inode is not null || faults.Has(KernelFault.MissAdvisesPlus))
            dir.AdvisesReadDirPlus = true;
        return (other, 0);
    }

    public long EntryExpiry(EntryIn entry) =>
        faults.Has(KernelFault.EntryUsesAttrValidity)
            ? clock.Expiry(entry.Entry.attr_valid, entry.Entry.attr_valid_nsec)
            : clock.Expiry(entry.Entry.entry_valid, entry.Entry.entry_valid_nsec);

    /// <summary>
    /// R6, models fuse_dentry_revalidate(): 1 the dentry may be used, 0 it is to be invalidated
    /// and looked up again, a negative errno the walk ends.
    /// </summary>
    public async KernelTask<int> RevalidateAsync(Dentry dentry, LookupFlags flags)
    {
        if (dentry.IsRoot)
            return 1;
        if (dentry.Epoch < conn.Epoch && !faults.Has(KernelFault.EpochIgnored))
            return 0;
        FuseInode? inode = dentry.FuseInode;
        if (inode is not null && inodes.IsBad(inode))
            return 0;
        bool isForced = (flags
            & (LookupFlags.Excl | LookupFlags.Reval | LookupFlags.RenameTarget)) != 0;
        if (!clock.IsExpired(dentry.ExpiryNs) && !isForced)
        {
            if (inode is { CameByReadDirPlus: true })
            {
                inode.CameByReadDirPlus = false;
                dentry.Parent.FuseInode!.AdvisesReadDirPlus = true;
            }

            return 1;
        }

        if (inode is null)
            return faults.Has(KernelFault.NegativeStays) ? 1 : 0;
        return await RevalidateByLookupAsync(dentry, inode);
    }

    private async KernelTask<int> RevalidateByLookupAsync(Dentry dentry, FuseInode inode)
    {
        ulong attrVersion = conn.AttrVersion;
        Dentry parent = DentryCache.Get(dentry.Parent);
        KernelAnswer answer = await requests.AskEntryAsync(
            FuseOpcode.FUSE_LOOKUP, parent.FuseInode!, FuseArgs.Bytes(dentry.Name),
            ReplyRoom.OfEntry,
            requests.LookupBringsHandle(isRevalidation: true));
        dcache.Put(parent);
        int errno = answer.Errno;
        EntryIn entry = answer.Entry ?? EntryIn.None;
        if (errno == 0 && entry.NodeId == 0)
            errno = (int)Errno.ENOENT;
        if (errno == 0)
        {
            if (requests.Spoken.Identity.FoundByHandle && entry.NodeId != inode.NodeId
                && entry.Handle.Length > 0 && !entry.HasInvalidAttributes)
            {
                return RevalidateByHandle(dentry, inode, entry, attrVersion);
            }

            bool isSubmount = (entry.Entry.attr.flags & FuseConstants.FUSE_ATTR_SUBMOUNT) != 0;
            if (entry.NodeId != inode.NodeId || inode.IsAutomount != isSubmount
                || inodes.HasOtherHandle(inode, entry))
            {
                if (!faults.Has(KernelFault.RevalidateForgetsNothing))
                    requests.ForgetEntry(entry.NodeId);
                return 0;
            }

            if (!faults.Has(KernelFault.RevalidateUncounted))
                requests.CountLookup(inode);
        }

        if (errno is (int)Errno.ENOMEM or (int)Errno.EINTR)
            return -errno;
        if (errno != 0 || entry.HasInvalidAttributes || inodes.IsStale(inode, entry.Entry))
            return 0;
        if (!faults.Has(KernelFault.AclsKept))
            inode.ForgetAcls();
        attributes.TakeAttributes(inode, entry, attrVersion, evictCtr: 0);
        options.Entries?.Taken(inode.Index, isKnown: true, entry.Entry);
        dentry.ExpiryNs = EntryExpiry(entry);
        return 1;
    }

    /// <summary>
    /// Where inodes are found by handle, another nodeid may be the same object: then the inode
    /// takes it. What the entry counted is the inode's that it was found for, this one or not.
    /// </summary>
    private int RevalidateByHandle(
        Dentry dentry, FuseInode inode, EntryIn entry, ulong attrVersion)
    {
        FuseInode? found = inodes.IGet(entry, attrVersion, evictCtr: 0);
        if (found is null)
        {
            requests.ForgetEntry(entry.NodeId);
            return 0;
        }

        found.Put();
        if (found != inode)
            return 0;
        dentry.ExpiryNs = EntryExpiry(entry);
        return 1;
    }
}
