using System.Runtime.CompilerServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>Names become inodes: LOOKUP and the validity of what it said (R4, R5, R6).</summary>
public sealed partial class ModelKernel
{
    /// <summary>What fuse_lookup_name() found.</summary>
    /// <param name="Errno">0 also where the server said: no such name, and for so long.</param>
    /// <param name="Entry">The reply.</param>
    /// <param name="Inode">With a reference; null for a negative entry and for an error.</param>
    private readonly record struct Found(int Errno, EntryIn? Entry, KernelInode? Inode);

    /// <summary>R4, models fuse_lookup_name().</summary>
    private async KernelTask<Found> LookupNameAsync(Subject parent, string name)
    {
        int most = _faults.Has(KernelFault.NameMaxLow)
            ? FuseConstants.FUSE_NAME_LOW_MAX
            : _conn.NameMax;
        if (name.Length > most)
            return new((int)Errno.ENAMETOOLONG, null, null);
        ulong attrVersion = _conn.AttrVersion;
        ulong evictCtr = EvictCtr;
        KernelAnswer answer = await AskEntryAsync(
            FuseOpcode.FUSE_LOOKUP, parent, Bytes(name), ReplyRoom.OfEntry,
            LookupBringsHandle(isRevalidation: false));
        if (answer.Errno != 0)
            return new(answer.Errno, null, null);
        EntryIn entry = answer.Entry!;
        if (entry.NodeId == 0)
            return new(0, entry, null);
        if (HasInvalidAttributes(entry) && !_faults.Has(KernelFault.InvalidAttributesTaken))
            return new((int)Errno.EIO, entry, null);
        if (entry.NodeId == FuseConstants.FUSE_ROOT_ID && entry.Entry.generation != 0)
        {
            // The root's generation is 0, whatever the server says of it (commit 63197c7d9b0f,
            // "fuse: fix root lookup with nonzero generation").
            fuse_entry_out fixedEntry = entry.Entry;
            fixedEntry.generation = 0;
            entry = entry with { Entry = fixedEntry };
        }

        await InodeUnlockedAsync(entry.NodeId);
        KernelInode? inode = IGet(entry, attrVersion, evictCtr);
        if (inode is null)
        {
            ForgetEntry(entry.NodeId);
            return new((int)Errno.ENOMEM, entry, null);
        }

        return new(0, entry, inode);
    }

    /// <summary>
    /// R5, models fuse_lookup(): looks a name up into its dentry. The dentry to use (with a
    /// reference) is another one where a directory was known elsewhere.
    /// </summary>
    private async KernelTask<(Dentry? Other, int Errno)> LookupAsync(
        Dentry directory, Dentry dentry)
    {
        KernelInode dir = directory.Inode!;
        if (IsBad(dir))
            return (null, (int)Errno.EIO);
        int epoch = _conn.Epoch;
        Found found = await LookupNameAsync(dir, dentry.Name);
        bool isValid = true;
        int errno = found.Errno;
        if (errno == (int)Errno.ENOENT)
        {
            isValid = false;
            errno = 0;
        }

        if (found.Inode is null && _faults.Has(KernelFault.NegativeEntryIgnored))
            isValid = false;

        if (errno != 0)
            return (null, errno);
        if (found.Inode is { NodeId: FuseConstants.FUSE_ROOT_ID } root)
        {
            PutInode(root);
            return (null, (int)Errno.EIO);
        }

        (Dentry? other, errno) = _dcache.SpliceAlias(found.Inode, dentry);
        if (errno != 0)
            return (null, errno);
        Dentry used = other ?? dentry;
        used.Epoch = epoch;
        used.ExpiryNs = isValid ? EntryExpiry(found.Entry!) : 0;
        if (!isValid && _faults.Has(KernelFault.MissRemembered))
            used.ExpiryNs = long.MaxValue;
        if (found.Inode is not null || _faults.Has(KernelFault.MissAdvisesPlus))
            dir.AdvisesReadDirPlus = true;
        return (other, 0);
    }

    private long EntryExpiry(EntryIn entry) =>
        _faults.Has(KernelFault.EntryUsesAttrValidity)
            ? Expiry(entry.Entry.attr_valid, entry.Entry.attr_valid_nsec)
            : Expiry(entry.Entry.entry_valid, entry.Entry.entry_valid_nsec);

    /// <summary>
    /// R6, models fuse_dentry_revalidate(): 1 the dentry may be used, 0 it is to be invalidated
    /// and looked up again, a negative errno the walk ends.
    /// </summary>
    private async KernelTask<int> RevalidateAsync(Dentry dentry, LookupFlags flags)
    {
        if (dentry.IsRoot)
            return 1;
        if (dentry.Epoch < _conn.Epoch && !_faults.Has(KernelFault.EpochIgnored))
            return 0;
        KernelInode? inode = dentry.Inode;
        if (inode is not null && IsBad(inode))
            return 0;
        bool isForced = (flags
            & (LookupFlags.Excl | LookupFlags.Reval | LookupFlags.RenameTarget)) != 0;
        if (!IsExpired(dentry.ExpiryNs) && !isForced)
        {
            if (inode is { CameByReadDirPlus: true })
            {
                inode.CameByReadDirPlus = false;
                dentry.Parent.Inode!.AdvisesReadDirPlus = true;
            }

            return 1;
        }

        if (inode is null)
            return _faults.Has(KernelFault.NegativeStays) ? 1 : 0;
        return await RevalidateByLookupAsync(dentry, inode);
    }

    private async KernelTask<int> RevalidateByLookupAsync(Dentry dentry, KernelInode inode)
    {
        ulong attrVersion = _conn.AttrVersion;
        Dentry parent = DentryCache.Get(dentry.Parent);
        KernelAnswer answer = await AskEntryAsync(
            FuseOpcode.FUSE_LOOKUP, parent.Inode!, Bytes(dentry.Name), ReplyRoom.OfEntry,
            LookupBringsHandle(isRevalidation: true));
        _dcache.Put(parent);
        int errno = answer.Errno;
        EntryIn entry = answer.Entry ?? NoEntry;
        if (errno == 0 && entry.NodeId == 0)
            errno = (int)Errno.ENOENT;
        if (errno == 0)
        {
            bool isSubmount = (entry.Entry.attr.flags & FuseConstants.FUSE_ATTR_SUBMOUNT) != 0;
            if (entry.NodeId != inode.NodeId || inode.IsAutomount != isSubmount
                || HasOtherHandle(inode, entry))
            {
                if (!_faults.Has(KernelFault.RevalidateForgetsNothing))
                    ForgetEntry(entry.NodeId);
                return 0;
            }

            if (!_faults.Has(KernelFault.RevalidateUncounted))
                CountLookup(inode);
        }

        if (errno is (int)Errno.ENOMEM or (int)Errno.EINTR)
            return -errno;
        if (errno != 0 || HasInvalidAttributes(entry) || IsStale(inode, entry.Entry))
            return 0;
        TakeAttributes(inode, entry, attrVersion, evictCtr: 0);
        _options.Entries?.Taken(inode.Index, isKnown: true, entry.Entry);
        dentry.ExpiryNs = EntryExpiry(entry);
        return 1;
    }

    /// <summary>The d_revalidate() step of a walk: the valid dentry, null, or an errno.</summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> CheckedAsync(
        Dentry dentry, LookupFlags flags)
    {
        int status = await RevalidateAsync(dentry, flags);
        if (status > 0)
            return (dentry, 0);
        if (status == 0)
            _dcache.Invalidate(dentry);
        _dcache.Put(dentry);
        return (null, -status);
    }

    /// <summary>lookup_fast(): from the dcache, if it is there and valid.</summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> LookupFastAsync(
        Dentry directory, string name, LookupFlags flags)
    {
        Dentry? cached = DentryCache.Lookup(directory, name);
        return cached is null ? (null, 0) : await CheckedAsync(cached, flags);
    }

    /// <summary>lookup_slow(): with the directory's lock shared, by anybody's LOOKUP.</summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> LookupSlowAsync(
        Dentry directory, string name, LookupFlags flags)
    {
        KernelInode dir = directory.Inode!;
        await dir.Lock.AcquireAsync(exclusive: false);
        try
        {
            if (dir.IsDead)
                return (null, (int)Errno.ENOENT);
            while (true)
            {
                Dentry dentry = await _dcache.AllocateParallelAsync(directory, name);
                if (dentry.IsInLookup)
                    return await FillAsync(directory, dentry);
                (Dentry? valid, int errno) = await CheckedAsync(dentry, flags);
                if (valid is not null || errno != 0)
                    return (valid, errno);
            }
        }
        finally
        {
            dir.Lock.Release(exclusive: false);
        }
    }

    /// <summary>Looks an allocated dentry up; gives the one to use, with its reference.</summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> FillAsync(Dentry directory, Dentry dentry)
    {
        (Dentry? other, int errno) = await LookupAsync(directory, dentry);
        _dcache.LookupDone(dentry);
        if (errno == 0 && other is null)
            return (dentry, 0);
        _dcache.Put(dentry);
        return (other, errno);
    }

    /// <summary>
    /// lookup_one_qstr_excl(): the name an operation is about, the directory locked by the caller.
    /// Without Create a negative result is ENOENT, with Excl a positive one EEXIST.
    /// </summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> LookupLockedAsync(
        Dentry directory, string name, LookupFlags flags)
    {
        (Dentry? dentry, int errno) = await LookupFastAsync(directory, name, flags);
        if (errno != 0)
            return (null, errno);
        if (dentry is null)
        {
            if (directory.Inode!.IsDead)
                return (null, (int)Errno.ENOENT);
            (dentry, errno) = await FillAsync(directory, _dcache.Allocate(directory, name));
            if (dentry is null)
                return (null, errno);
        }

        if (dentry.IsNegative && (flags & LookupFlags.Create) == 0)
            errno = (int)Errno.ENOENT;
        else if (!dentry.IsNegative && (flags & LookupFlags.Excl) != 0)
            errno = (int)Errno.EEXIST;
        if (errno == 0)
            return (dentry, 0);
        _dcache.Put(dentry);
        return (null, errno);
    }

    /// <summary>sizeof of a reply struct.</summary>
    private static ReplyRoom RoomOf<T>()
        where T : unmanaged => new(Unsafe.SizeOf<T>());
}
