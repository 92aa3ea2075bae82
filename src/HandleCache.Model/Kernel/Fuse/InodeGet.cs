using System.Runtime.InteropServices;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// fuse_iget(), fuse_evict_inode() and what tells whether an inode is still the object of an entry
/// (R1, R2; models fs/fuse/inode.c and fs/fuse/fuse_i.h, v6.18).
/// </summary>
internal sealed class InodeGet(
    KernelFaults faults, ModelKernelOptions options, Connection conn, Device device,
    FuseInodeCache cache, WakeQueue wakes, Requests requests, InodeAttributes attributes)
    : ISuperOperations
{
    private readonly SideTable<ColdInode> _cold = new();

    /// <summary>Nodeids whose new inode a failed fuse_iget() left locked.</summary>
    private readonly HashSet<ulong> _locked = [];

    /// <summary>Entries that fuse_iget() did not take.</summary>
    public long RefusedEntries { get; private set; }

    /// <summary>Every inode in memory, in storage order.</summary>
    public IEnumerable<FuseInode> All
    {
        get
        {
            for (InodeIndex at = cache.Next(InodeIndex.None); !at.IsNone; at = cache.Next(at))
            {
                if (At(at) is { } inode)
                    yield return inode;
            }
        }
    }

    /// <summary>Takes what another kernel knows; the cache is a copy of its already.</summary>
    /// <returns>Each of its inodes with the copy.</returns>
    public Dictionary<Inode, Inode> CopyFrom(InodeGet original)
    {
        RefusedEntries = original.RefusedEntries;
        _locked.UnionWith(original._locked);
        Dictionary<Inode, Inode> copies = [];
        foreach (FuseInode inode in original.All)
        {
            FuseInode copy = inode.CopyFor(this, wakes);
            _cold.At(copy.Index).Inode = copy;
            copies.Add(inode, copy);
        }

        return copies;
    }

    /// <summary>
    /// R1, models fuse_iget(): the inode of an entry, one lookup richer and with a reference for
    /// the caller. Null where the handle was refused: the caller forgets the entry.
    /// </summary>
    public FuseInode? IGet(EntryIn entry, ulong attrVersion, ulong evictCtr)
    {
        fuse_attr attr = entry.Entry.attr;
        FuseInode inode;
        bool isKnown = false;
        if (conn.Submounts && (attr.flags & FuseConstants.FUSE_ATTR_SUBMOUNT) != 0
            && (attr.mode & FileModes.TypeMask) == FileModes.Directory)
        {
            InodeIndex point = cache.IGetSubmount(entry.NodeId, attr.mode).Index;
            inode = NewColdInode(point, entry.NodeId, 0, attr.mode, attr.rdev, automount: true);
        }
        else
        {
            IGetResult got = MayTake(entry)
                ? cache.IGet(
                    entry.NodeId, entry.Entry.generation, attr.mode,
                    entry.Handle.AsHandle())
                : default;
            if (got.Index.IsNone)
            {
                Refused(entry);
                return null;
            }

            isKnown = At(got.Index) is not null
                && got.Outcome
                    is IGetOutcome.Hit or IGetOutcome.RootKept or IGetOutcome.Rebound;
            bool isRebound = got.Outcome == IGetOutcome.Rebound;
            if (isKnown && !isRebound && requests.Spoken.ForgetsOne)
            {
                cache.DropLookup(got.Index);
                options.Entries?.Uncounted(entry.NodeId);
            }

            inode = isKnown
                ? _cold.Get(got.Index).Inode!
                : NewColdInode(
                    got.Index, entry.NodeId, (uint)entry.Entry.generation, attr.mode, attr.rdev);
            if (isRebound)
                inode.NodeId = entry.NodeId;
        }

        inode.References++;
        attributes.TakeAttributes(inode, entry, attrVersion, evictCtr);
        options.Entries?.Taken(inode.Index, isKnown, entry.Entry);
        return inode;
    }

    public FuseInode NewColdInode(
        InodeIndex index, ulong nodeId, uint generation, uint mode, uint rdev,
        bool automount = false)
    {
        FuseInode inode = new(index, nodeId, generation, mode & FileModes.TypeMask, this, wakes)
        {
            Rdev = (mode & FileModes.TypeMask) is FileModes.CharacterDevice
                or FileModes.BlockDevice ? rdev : 0,
            IsAutomount = automount,
            // fuse_init_inode(): the root comes before INIT is answered, so that its list is asked
            // for each time (NoiseRules, "root-acl").
            KeepsNoAcl = !conn.PosixAcl || (nodeId == FuseConstants.FUSE_ROOT_ID
                && !conn.Follows(VersionRule.RootListKept)),
            ForgettingKeepsAcl = conn.PosixAcl && options.ForgettingKeepsRootList,
        };
        _cold.At(index).Inode = inode;
        return inode;
    }

    /// <summary>R2, models fuse_evict_inode(): nobody holds the inode any more.</summary>
    public void EvictInode(Inode inode)
    {
        InodeIndex index = ((FuseInode)inode).Index;
        _cold.Clear(index);
        cache.Evict(
            index,
            linked: (inode.NLink > 0 || faults.Has(KernelFault.UnlinkedEvictionCounts))
                && !faults.Has(KernelFault.EvictionNotCounted));
    }

    /// <summary>fuse_statfs().</summary>
    public async KernelTask<VfsResult> StatFsAsync(Dentry dentry)
    {
        KernelAnswer answer = await requests.SendAsync(
            FuseOpcode.FUSE_STATFS, dentry.FuseInode!, [], ReplyRoom.Of<fuse_statfs_out>());
        if (answer.Errno != 0)
            return VfsResult.Failure(answer.Errno);
        fuse_statfs_out reply = MemoryMarshal.Read<fuse_statfs_out>(answer.Body);
        return new VfsResult(0, (long)reply.st.blocks);
    }

    /// <summary>ilookup5() by nodeid, with a reference.</summary>
    public FuseInode? FindInode(ulong nodeId)
    {
        InodeIndex index = cache.Find(nodeId);
        if (index.IsNone)
            return null;
        FuseInode inode = _cold.Get(index).Inode!;
        inode.Hold();
        return inode;
    }

    /// <summary>ilookup5() by handle, with a reference.</summary>
    public FuseInode? FindInode(in FileHandle handle)
    {
        InodeIndex index = cache.FindByHandle(handle);
        if (index.IsNone)
            return null;
        FuseInode inode = _cold.Get(index).Inode!;
        inode.Hold();
        return inode;
    }

    /// <summary>The inode with that index; null where it is not there.</summary>
    public FuseInode? At(InodeIndex index) =>
        _cold.Get(index).Inode is { } inode && inode.Index == index ? inode : null;

    public bool IsBad(FuseInode inode) => cache.IsBad(inode.Index);

    public void MakeBad(FuseInode inode)
    {
        if (!faults.Has(KernelFault.BadInodeStaysGood))
            cache.MakeBad(inode.Index);
    }

    /// <summary>fuse_stale_inode(): another generation or another type.</summary>
    public bool IsStale(FuseInode inode, in fuse_entry_out entry)
    {
        HandleIdentity identity = requests.Spoken.Identity;
        return (OfGeneration(entry) != inode.Generation && identity.ComparesGeneration
                && !faults.Has(KernelFault.RevalidateSkipsGeneration))
            || (((entry.attr.mode ^ inode.Mode) & FileModes.TypeMask) != 0
                && identity.ComparesFileType);
    }

    /// <summary>i_generation has 32 bits, and so has what is compared with it.</summary>
    private ulong OfGeneration(in fuse_entry_out entry) =>
        faults.Has(KernelFault.RevalidateComparesWide)
            ? entry.generation
            : (uint)entry.generation;

    /// <summary>
    /// The reply is about another object, by its handle alone: to a revalidation that is what
    /// another nodeid is (v2 of the proposals, PROPOSALS.md).
    /// </summary>
    public bool HasOtherHandle(FuseInode inode, EntryIn entry) =>
        !IsStale(inode, entry.Entry) && !faults.Has(KernelFault.RevalidateSkipsHandle)
        && (LacksHandle(entry)
            || !cache.Accepts(inode.Index, entry.Handle.AsHandle()));

    /// <summary>Waits for an inode that nobody will ever unlock.</summary>
    public KernelTask<bool> InodeUnlockedAsync(ulong nodeId)
    {
        KernelTask<bool> unlocked = new(wakes.Current);
        if (!_locked.Contains(nodeId))
            unlocked.SetResult(true);
        return unlocked;
    }

    /// <summary>
    /// Whether the dialect's fuse_iget() takes an entry with that handle; the cache's own rule
    /// (<see cref="HandleRule"/>) comes after it.
    /// </summary>
    private bool MayTake(EntryIn entry)
    {
        if (!requests.Spoken.CarriesHandles)
            return true;
        int bytes = entry.Handle.Length;
        int most = device.Handles.MaxHandleBytes
            - (requests.Spoken.Has(DialectDefect.V2RefuseLongest) ? 1 : 0);
        bool fits = bytes <= most || requests.Spoken.Has(DialectDefect.V1TruncateTooLong);
        return fits && !LacksHandle(entry);
    }

    /// <summary>
    /// The entry has no handle though the dialect wants one of every inode but the root.
    /// </summary>
    public bool LacksHandle(EntryIn entry) => requests.Spoken.RequiresHandle
        && entry.Handle.IsNone && entry.NodeId != FuseConstants.FUSE_ROOT_ID;

    /// <summary>An entry was refused: the posted v2 leaves a new inode locked behind it.</summary>
    private void Refused(EntryIn entry)
    {
        RefusedEntries++;
        if (requests.Spoken.Has(DialectDefect.V2FailedIgetStaysLocked)
            && cache.Find(entry.NodeId).IsNone)
        {
            _locked.Add(entry.NodeId);
        }
    }
}
