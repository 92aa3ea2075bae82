using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// Entries of READDIRPLUS: parse_dirplusfile() and fuse_direntplus_link() (R11; models
/// fs/fuse/readdir.c, v6.18).
/// </summary>
internal sealed class ReadDirPlus(
    DentryCache dcache, KernelFaults faults, ModelKernelOptions options, Connection conn,
    Device device, FuseInodeCache cache, Requests requests, InodeGet inodes,
    InodeAttributes attributes, DirLookup lookups)
{
    /// <summary>parse_dirplusfile(): what does not fit any more is linked all the same.</summary>
    public async KernelTask<int> TakePlusAsync(
        OpenFile file, List<DirRecord> records, IDirContext context, ulong attrVersion,
        ulong evictCtr)
    {
        bool over = false;
        foreach (DirRecord record in records)
        {
            if (!over)
            {
                over = !ReadDirCache.Emit(file, record, context);
                if (!over)
                    file.Position = (long)record.Offset;
            }

            if (over && faults.Has(KernelFault.SurplusEntriesUnlinked))
                break;
            int errno = await LinkPlusAsync(file.Dentry, record, attrVersion, evictCtr);
            bool isKept = faults.Has(KernelFault.PlusErrorKept)
                || (faults.Has(KernelFault.PlusRefusedKept)
                    && (record.Entry.HasInvalidNodeId
                        || record.Entry.HasInvalidAttributes));
            if (errno != 0 && !isKept && !requests.KeepsItsLookup(record.Entry.NodeId))
            {
                device.Tell(
                    FuseOpcode.FUSE_FORGET, record.Entry.NodeId,
                    FuseArgs.Bytes(new fuse_forget_in { nlookup = 1 }));
            }
        }

        return records.Count;
    }

    /// <summary>R11, models fuse_direntplus_link().</summary>
    private async KernelTask<int> LinkPlusAsync(
        Dentry parent, DirRecord record, ulong attrVersion, ulong evictCtr)
    {
        EntryIn entry = record.Entry;
        if (entry.NodeId == 0)
            return 0;
        if (record.Name is "." or ".." && !faults.Has(KernelFault.DotsCounted))
            return 0;
        if (entry.HasInvalidNodeId || entry.HasInvalidAttributes || inodes.LacksHandle(entry))
            return (int)Errno.EIO;
        await inodes.InodeUnlockedAsync(entry.NodeId);
        int epoch = conn.Epoch;
        Dentry? dentry = DentryCache.Lookup(parent, record.Name);
        FuseInode inode;
        while (true)
        {
            Dentry at = dentry ?? await dcache.AllocateParallelAsync(parent, record.Name);
            dentry = at;
            if (at.IsInLookup)
            {
                (dentry, int errno) = SplicePlus(at, entry, attrVersion, evictCtr);
                if (dentry is null)
                    return errno;
                inode = dentry.FuseInode!;
                break;
            }

            FuseInode? known = dentry.FuseInode?.NodeId == entry.NodeId ? dentry.FuseInode : null;
            if (known is null || inodes.IsStale(known, entry.Entry)
                || inodes.HasOtherHandle(known, entry))
            {
                if (known is not null)
                    inodes.MakeBad(known);
                dcache.Invalidate(dentry);
                dcache.Put(dentry);
                dentry = null;
                continue;
            }

            if (inodes.IsBad(known) && !faults.Has(KernelFault.PlusCountsOnBad))
            {
                dcache.Put(dentry);
                return (int)Errno.EIO;
            }

            if (!faults.Has(KernelFault.PlusHitUncounted))
                requests.CountLookup(known);
            known.ForgetAcls();
            attributes.TakeAttributes(known, entry, attrVersion, evictCtr: 0);
            options.Entries?.Taken(known.Index, isKnown: true, entry.Entry);
            inode = known;
            break;
        }

        if (conn.ReadDirPlusAuto)
            inode.CameByReadDirPlus = true;
        dentry.Epoch = epoch;
        dentry.ExpiryNs = lookups.EntryExpiry(entry);
        dcache.Put(dentry);
        return 0;
    }

    /// <summary>The new name of a READDIRPLUS entry.</summary>
    private (Dentry? Dentry, int Errno) SplicePlus(
        Dentry dentry, EntryIn entry, ulong attrVersion, ulong evictCtr)
    {
        InodeIndex before = cache.Find(entry.NodeId);
        FuseInode? inode = inodes.IGet(entry, attrVersion, evictCtr);
        int errno = (int)Errno.ENOMEM;
        Dentry? other = null;
        if (inode is not null)
        {
            // The lookup is taken back before the inode's reference goes: the count leaves with
            // the forced FORGET, not with the eviction.
            inode.Hold();
            (other, errno) = dcache.SpliceAlias(inode, dentry);
            bool keeps = requests.Spoken.ForgetsOne && inode.Index == before;
            if (errno != 0 && !keeps)
                cache.DropLookup(inode.Index);
            inode.Put();
        }

        dcache.LookupDone(dentry);
        if (errno == 0 && other is null)
            return (dentry, 0);
        dcache.Put(dentry);
        return (other, errno);
    }
}
