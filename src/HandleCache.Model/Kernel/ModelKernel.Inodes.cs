using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>Inodes: iget, references, attributes (R1, R2, R9).</summary>
public sealed partial class ModelKernel
{

    /// <summary>FUSE_STATX_MODIFY and size: what a write or truncation outdates.</summary>
    private const uint StatxModSize =
        StatxMask.MTime | StatxMask.CTime | StatxMask.Blocks | StatxMask.Size;

    /// <summary>FUSE_STATX_MODDIR: what a change of a directory outdates from 7.2 on.</summary>
    private const uint StatxModDir = StatxModSize | StatxMask.NLink;

    private const long NsPerSecond = 1_000_000_000;

    /// <summary>MAX_JIFFY_OFFSET: a longer validity never ends.</summary>
    private const ulong ForeverSeconds = 1UL << 32;

    /// <summary>fuse_invalid_attr().</summary>
    private static bool HasInvalidAttributes(EntryIn entry) => IsInvalid(entry.Entry.attr);

    private static bool IsInvalid(in fuse_attr attr) =>
        !FileModes.IsFileType(attr.mode) || attr.size > long.MaxValue;

    /// <summary>
    /// invalid_nodeid(): no entry, or the root, where only another object can be.
    /// </summary>
    private static bool IsInvalidNodeId(ulong nodeId) =>
        nodeId is 0 or FuseConstants.FUSE_ROOT_ID;

    private bool IsBad(KernelInode inode) => _inodes.IsBad(inode.Index);

    /// <summary>fuse_stale_inode(): another generation or another type.</summary>
    private bool IsStale(KernelInode inode, in fuse_entry_out entry) =>
        (OfGeneration(entry) != inode.Generation
            && !_faults.Has(KernelFault.RevalidateSkipsGeneration))
        || ((entry.attr.mode ^ inode.Mode) & FileModes.TypeMask) != 0;

    /// <summary>i_generation has 32 bits, and so has what is compared with it.</summary>
    private ulong OfGeneration(in fuse_entry_out entry) =>
        _faults.Has(KernelFault.RevalidateComparesWide)
            ? entry.generation
            : (uint)entry.generation;

    /// <summary>
    /// The reply is about another object, by its handle alone: to a revalidation that is what
    /// another nodeid is (v2 of the proposals, PROPOSALS.md).
    /// </summary>
    private bool HasOtherHandle(KernelInode inode, EntryIn entry) =>
        !IsStale(inode, entry.Entry) && !_faults.Has(KernelFault.RevalidateSkipsHandle)
        && (LacksHandle(entry)
            || !_inodes.Accepts(inode.Index, new FileHandle(entry.HandleType, entry.Handle)));

    private ulong NextAttrVersion() => ++_conn.AttrVersion;

    /// <summary>
    /// When something said to be valid for so long from now on ends; 0 is at once.
    /// </summary>
    private long Expiry(ulong seconds, uint nanoseconds)
    {
        if (seconds == 0 && nanoseconds == 0)
            return 0;
        if (seconds >= ForeverSeconds)
            return long.MaxValue;
        long validNs = ((long)seconds * NsPerSecond)
            + Math.Min(nanoseconds, (uint)NsPerSecond - 1);
        return NowNs + validNs;
    }

    /// <summary>time_before64(expiry, now): valid still at the very end.</summary>
    private bool IsExpired(long expiryNs) => expiryNs < NowNs;

    /// <summary>
    /// R1, models fuse_iget(): the inode of an entry, one lookup richer and with a reference for
    /// the caller. Null where the handle was refused: the caller forgets the entry.
    /// </summary>
    private KernelInode? IGet(EntryIn entry, ulong attrVersion, ulong evictCtr)
    {
        fuse_attr attr = entry.Entry.attr;
        KernelInode inode;
        bool isKnown = false;
        if (_conn.Submounts && (attr.flags & FuseConstants.FUSE_ATTR_SUBMOUNT) != 0
            && (attr.mode & FileModes.TypeMask) == FileModes.Directory)
        {
            InodeIndex point = _inodes.IGetSubmount(entry.NodeId, attr.mode).Index;
            inode = NewColdInode(point, entry.NodeId, 0, attr.mode, attr.rdev, automount: true);
        }
        else
        {
            IGetResult got = MayTake(entry)
                ? _inodes.IGet(
                    entry.NodeId, entry.Entry.generation, attr.mode,
                    new FileHandle(entry.HandleType, entry.Handle))
                : default;
            if (got.Index.IsNone)
            {
                Refused(entry);
                return null;
            }

            isKnown = _cold.Get(got.Index).Inode is { } known && known.Index == got.Index
                && got.Outcome is IGetOutcome.Hit or IGetOutcome.RootKept;
            if (isKnown && Spoken.ForgetsOne)
            {
                _inodes.DropLookup(got.Index);
                _options.Entries?.Uncounted(entry.NodeId);
            }

            inode = isKnown
                ? _cold.Get(got.Index).Inode!
                : NewColdInode(
                    got.Index, entry.NodeId, (uint)entry.Entry.generation, attr.mode, attr.rdev);
        }

        inode.References++;
        TakeAttributes(inode, entry, attrVersion, evictCtr);
        _options.Entries?.Taken(inode.Index, isKnown, entry.Entry);
        return inode;
    }

    /// <summary>The attributes of an entry, where it has any.</summary>
    private void TakeAttributes(
        KernelInode inode, EntryIn entry, ulong attrVersion, ulong evictCtr)
    {
        if (!entry.LacksAttributes)
        {
            ChangeAttributes(
                inode, entry.Entry.attr,
                Expiry(entry.Entry.attr_valid, entry.Entry.attr_valid_nsec), attrVersion, evictCtr);
        }
    }

    private KernelInode NewColdInode(
        InodeIndex index, ulong nodeId, uint generation, uint mode, uint rdev,
        bool automount = false)
    {
        KernelInode inode = new(index, nodeId, generation, mode & FileModes.TypeMask, _wakes)
        {
            Rdev = (mode & FileModes.TypeMask) is FileModes.CharacterDevice
                or FileModes.BlockDevice ? rdev : 0,
            IsAutomount = automount,
        };
        _cold.At(index).Inode = inode;
        return inode;
    }

    private static KernelInode Hold(KernelInode inode)
    {
        inode.References++;
        return inode;
    }

    /// <summary>
    /// iput(): the last reference evicts, whatever nlink says (inode_just_drop()).
    /// </summary>
    private void PutInode(KernelInode inode)
    {
        if (--inode.References > 0)
            return;
        _cold.Clear(inode.Index);
        _inodes.Evict(
            inode.Index,
            linked: (inode.NLink > 0 || _faults.Has(KernelFault.UnlinkedEvictionCounts))
                && !_faults.Has(KernelFault.EvictionNotCounted));
    }

    /// <summary>ilookup5() by nodeid, with a reference.</summary>
    private KernelInode? FindInode(ulong nodeId)
    {
        InodeIndex index = _inodes.Find(nodeId);
        return index.IsNone ? null : Hold(_cold.Get(index).Inode!);
    }

    /// <summary>
    /// R9, models fuse_change_attributes(): taken unless something newer is known (attr_version)
    /// or a truncation is under way.
    /// </summary>
    /// <param name="inode">Whose.</param>
    /// <param name="attr">From the server.</param>
    /// <param name="expiryNs">Until when they are believed.</param>
    /// <param name="attrVersion">
    /// The connection's when the request was sent; 0 accepts always.
    /// </param>
    /// <param name="evictCtr">The same of evict_ctr; 0 where evictions do not matter.</param>
    private void ChangeAttributes(
        KernelInode inode, in fuse_attr attr, long expiryNs, ulong attrVersion, ulong evictCtr)
    {
        bool isOlder = attrVersion != 0 && inode.AttrVersion > attrVersion
            && !_faults.Has(KernelFault.OldAttributesWin);
        if (isOlder || inode.SizeUnstable)
            return;
        KernelTime oldMtime = inode.MTime;
        ulong oldSize = inode.Size;
        bool isNew = inode.AttrVersion == 0;
        SetAttributes(inode, attr, expiryNs, evictCtr);
        inode.Size = attr.size;
        if (!inode.IsRegular || isNew)
            return;
        if (oldSize != attr.size)
        {
            if (!_faults.Has(KernelFault.SizeChangeKeepsPages)
                && (!_conn.ExplicitInvalData || attr.size < oldSize))
            {
                inode.Pages.Clear();
            }
        }
        else if (_conn.AutoInvalData && oldMtime != inode.MTime)
        {
            inode.Pages.Clear();
        }
    }

    /// <summary>fuse_change_attributes_common(), without the size.</summary>
    private void SetAttributes(
        KernelInode inode, in fuse_attr attr, long expiryNs, ulong evictCtr)
    {
        bool isKnown = inode.AttrVersion != 0
            && !_faults.Has(KernelFault.EvictionDoubtsKnown);
        if (evictCtr == 0 || isKnown || evictCtr == EvictCtr)
            inode.InvalMask &= ~StatxMask.BasicStats;
        inode.AttrVersion = NextAttrVersion();
        inode.AttrExpiryNs = expiryNs;
        inode.Ino = attr.ino;
        inode.Mode = (inode.Mode & FileModes.TypeMask) | (attr.mode & FileModes.PermissionMask);
        inode.NLink = attr.nlink;
        inode.Uid = attr.uid;
        inode.Gid = attr.gid;
        inode.Blocks = attr.blocks;
        inode.ATime = Time(attr.atime, attr.atimensec);
        inode.MTime = Time(attr.mtime, attr.mtimensec);
        inode.CTime = Time(attr.ctime, attr.ctimensec);
        inode.BlkSize = attr.blksize;
    }

    private static KernelTime Time(ulong seconds, uint nanoseconds) =>
        new(seconds, Math.Min(nanoseconds, (uint)NsPerSecond - 1));

    /// <summary>fc->evict_ctr; starts at 1, because 0 means "does not matter".</summary>
    private ulong EvictCtr => (ulong)_inodes.EvictCtr + 1;

    private void MakeBad(KernelInode inode)
    {
        if (!_faults.Has(KernelFault.BadInodeStaysGood))
            _inodes.MakeBad(inode.Index);
    }

    /// <summary>fuse_dir_changed().</summary>
    private void DirectoryChanged(KernelInode directory)
    {
        if (!_faults.Has(KernelFault.DirectoryChangeUnseen))
        {
            directory.InvalMask |= Follows(VersionRule.DirectoryChangeKeepsOwner)
                ? StatxModDir
                : StatxMask.BasicStats;
            directory.ChangeVersion();
        }
    }

    private void QueueForget(ulong nodeId, ulong nlookup) =>
        _inodes.Forgets.Enqueue(nodeId, nlookup);
}
