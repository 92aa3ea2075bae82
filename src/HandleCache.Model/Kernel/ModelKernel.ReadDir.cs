using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>READDIR and READDIRPLUS (R11).</summary>
public sealed partial class ModelKernel
{
    /// <summary>linux_dirent64 without the name.</summary>
    private const int Dirent64Bytes = 19;

    /// <summary>A record as it lies in the reply, taken off it.</summary>
    private readonly record struct DirRecord(
        string Name, ulong Ino, ulong Offset, uint Type, EntryIn Entry);

    /// <summary>What a record of READDIR has.</summary>
    private static readonly EntryIn NoEntry = new(default, 0, [], []);

    /// <summary>What one iterate_dir() gives to its caller, who takes it or is full.</summary>
    private interface IDirContext
    {
        /// <summary>ctx->count: the caller's room, bytes.</summary>
        int RoomBytes { get; }

        /// <summary>dir_emit(): false when there is no room, or enough was seen.</summary>
        bool Emit(string name, ulong ino, uint type);
    }

    /// <summary>The buffer of getdents64(2); models filldir64().</summary>
    private sealed class GetdentsContext(int room) : IDirContext
    {
        private int _left = room;

        public int RoomBytes { get; } = room;

        public int Errno { get; private set; }

        public List<string> Names { get; } = [];

        public int UsedBytes => RoomBytes - _left;

        public bool Emit(string name, ulong ino, uint type)
        {
            int bytes = (Dirent64Bytes + name.Length + 1 + 7) & ~7;
            if (bytes > _left)
            {
                Errno = (int)Protocol.Uapi.Errno.EINVAL;
                return false;
            }

            _left -= bytes;
            Names.Add(FormattableString.Invariant($"{name} {ino} {type}"));
            return true;
        }
    }

    private async KernelTask<VfsResult> ReadDirAsync(VfsCall call, bool once)
    {
        if (FileAt(call.Slot) is not { } file || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        KernelInode inode = file.Dentry.Inode!;
        if (!inode.IsDirectory)
            return VfsResult.Failure((int)Errno.ENOTDIR);
        List<string> names = [];
        long bytes = 0;
        if (!once)
            file.Position = 0;
        while (true)
        {
            GetdentsContext context = new(call.Size);
            int errno = await IterateAsync(file, inode, context);
            if (context.Names.Count == 0)
            {
                errno = errno != 0 ? errno : context.Errno;
                return new VfsResult(errno, bytes) { Names = names };
            }

            names.AddRange(context.Names);
            bytes += context.UsedBytes;
            if (once)
                return new VfsResult(0, bytes) { Names = names };
        }
    }

    /// <summary>iterate_dir() and fuse_readdir().</summary>
    private async KernelTask<int> IterateAsync(
        OpenFile file, KernelInode inode, IDirContext context)
    {
        await inode.Lock.AcquireAsync(exclusive: false);
        try
        {
            if (inode.IsDead)
                return (int)Errno.ENOENT;
            if (IsBad(inode))
                return (int)Errno.EIO;
            if (CachesNames(file) && await ReadCachedAsync(file, inode, context) is { } errno)
                return errno;
            return await ReadDirOnceAsync(file, inode, context);
        }
        finally
        {
            inode.Lock.Release(exclusive: false);
        }
    }

    /// <summary>fuse_use_readdirplus().</summary>
    private bool UsesReadDirPlus(KernelInode directory, long position)
    {
        if (!_conn.ReadDirPlus)
            return false;
        if (!_conn.ReadDirPlusAuto)
            return true;
        bool advised = directory.AdvisesReadDirPlus;
        directory.AdvisesReadDirPlus = false;
        return advised || position == 0;
    }

    /// <summary>
    /// Models fuse_readdir_uncached(). The buffer follows the caller's (commit dabb90391028,
    /// "fuse: increase readdir buffer size", 6.16), at least a page.
    /// </summary>
    private async KernelTask<int> ReadDirOnceAsync(
        OpenFile file, KernelInode inode, IDirContext context)
    {
        bool plus = UsesReadDirPlus(inode, file.Position);
        ulong attrVersion = _conn.AttrVersion;
        ulong evictCtr = EvictCtr;
        int bytes = Math.Clamp(
            context.RoomBytes, ReplyRoom.PageBytes, (int)_conn.MaxPages * ReplyRoom.PageBytes);
        fuse_read_in arguments = new()
        {
            fh = file.Fh,
            offset = (ulong)file.Position,
            size = (uint)bytes,
            flags = (uint)file.Flags,
        };
        KernelAnswer answer = await SendAsync(
            plus ? FuseOpcode.FUSE_READDIRPLUS : FuseOpcode.FUSE_READDIR, inode,
            Bytes(arguments), ReplyRoom.UpTo(bytes));
        int errno = answer.Errno;
        if (errno == 0)
        {
            (List<DirRecord> records, errno) = ParseRecords(answer.Body, plus);
            bool isEnd = answer.Body.Length == 0 && CachesNames(file);
            if (isEnd && !_faults.Has(KernelFault.ListingNeverEnds))
                inode.Listing.End(file.Position);
            int seen = plus
                ? await TakePlusAsync(file, records, context, attrVersion, evictCtr)
                : Take(file, records, context);
            if (!plus && seen < records.Count)
                errno = 0;
        }

        inode.InvalMask |= StatxMask.ATime;
        return errno;
    }

    private (List<DirRecord> Records, int Errno) ParseRecords(byte[] body, bool plus)
    {
        List<DirRecord> records = [];
        DirentReader reader = new(body, plus ? _device.Handles.Dialect : null);
        while (reader.MoveNext())
        {
            if (plus && _device.Handles.CheckHandle(reader.Entry.Handle.Length).IsError)
                return (records, (int)Errno.EIO);
            records.Add(new(
                System.Text.Encoding.Latin1.GetString(reader.Name), reader.Dirent.ino,
                reader.Dirent.off, reader.Dirent.type,
                plus ? ListedEntry(reader.Entry, reader.Dirent.type) : NoEntry));
        }

        return (records, reader.Error.IsError ? (int)Errno.EIO : 0);
    }

    /// <summary>
    /// The entry of a record; where the dialect lists no attributes, the dirent's type stands for
    /// them, and they are asked for when they are wanted.
    /// </summary>
    private EntryIn ListedEntry(in WireEntry wire, uint type)
    {
        fuse_entry_out entry = wire.Entry;
        if (Spoken.ListsWithoutAttributes)
            entry.attr.mode = type << 12;
        return new EntryIn(entry, wire.HandleType, wire.Handle.ToArray(), [])
        {
            LacksAttributes = Spoken.ListsWithoutAttributes,
        };
    }

    /// <summary>parse_dirfile().</summary>
    private static int Take(OpenFile file, List<DirRecord> records, IDirContext context)
    {
        for (int i = 0; i < records.Count; i++)
        {
            if (!Emit(file, records[i], context))
                return i;
            file.Position = (long)records[i].Offset;
        }

        return records.Count;
    }

    /// <summary>parse_dirplusfile(): what does not fit any more is linked all the same.</summary>
    private async KernelTask<int> TakePlusAsync(
        OpenFile file, List<DirRecord> records, IDirContext context, ulong attrVersion,
        ulong evictCtr)
    {
        bool over = false;
        foreach (DirRecord record in records)
        {
            if (!over)
            {
                over = !Emit(file, record, context);
                if (!over)
                    file.Position = (long)record.Offset;
            }

            if (over && _faults.Has(KernelFault.SurplusEntriesUnlinked))
                break;
            int errno = await LinkPlusAsync(file.Dentry, record, attrVersion, evictCtr);
            bool isKept = _faults.Has(KernelFault.PlusErrorKept)
                || (_faults.Has(KernelFault.PlusRefusedKept)
                    && (IsInvalidNodeId(record.Entry.NodeId)
                        || HasInvalidAttributes(record.Entry)));
            if (errno != 0 && !isKept && !KeepsItsLookup(record.Entry.NodeId))
            {
                _device.Tell(
                    FuseOpcode.FUSE_FORGET, record.Entry.NodeId,
                    Bytes(new fuse_forget_in { nlookup = 1 }));
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
        if (record.Name is "." or ".." && !_faults.Has(KernelFault.DotsCounted))
            return 0;
        if (IsInvalidNodeId(entry.NodeId) || HasInvalidAttributes(entry) || LacksHandle(entry))
            return (int)Errno.EIO;
        await InodeUnlockedAsync(entry.NodeId);
        int epoch = _conn.Epoch;
        Dentry? dentry = DentryCache.Lookup(parent, record.Name);
        KernelInode inode;
        while (true)
        {
            Dentry at = dentry ?? await _dcache.AllocateParallelAsync(parent, record.Name);
            dentry = at;
            if (at.IsInLookup)
            {
                (dentry, int errno) = SplicePlus(at, entry, attrVersion, evictCtr);
                if (dentry is null)
                    return errno;
                inode = dentry.Inode!;
                break;
            }

            KernelInode? known = dentry.Inode?.NodeId == entry.NodeId ? dentry.Inode : null;
            if (known is null || IsStale(known, entry.Entry) || HasOtherHandle(known, entry))
            {
                if (known is not null)
                    MakeBad(known);
                _dcache.Invalidate(dentry);
                _dcache.Put(dentry);
                dentry = null;
                continue;
            }

            if (IsBad(known) && !_faults.Has(KernelFault.PlusCountsOnBad))
            {
                _dcache.Put(dentry);
                return (int)Errno.EIO;
            }

            if (!_faults.Has(KernelFault.PlusHitUncounted))
                CountLookup(known);
            TakeAttributes(known, entry, attrVersion, evictCtr: 0);
            _options.Entries?.Taken(known.Index, isKnown: true, entry.Entry);
            inode = known;
            break;
        }

        if (_conn.ReadDirPlusAuto)
            inode.CameByReadDirPlus = true;
        dentry.Epoch = epoch;
        dentry.ExpiryNs = EntryExpiry(entry);
        _dcache.Put(dentry);
        return 0;
    }

    /// <summary>The new name of a READDIRPLUS entry.</summary>
    private (Dentry? Dentry, int Errno) SplicePlus(
        Dentry dentry, EntryIn entry, ulong attrVersion, ulong evictCtr)
    {
        InodeIndex before = _inodes.Find(entry.NodeId);
        KernelInode? inode = IGet(entry, attrVersion, evictCtr);
        int errno = (int)Errno.ENOMEM;
        Dentry? other = null;
        if (inode is not null)
        {
            // The lookup is taken back before the inode's reference goes: the count leaves with
            // the forced FORGET, not with the eviction.
            Hold(inode);
            (other, errno) = _dcache.SpliceAlias(inode, dentry);
            bool keeps = Spoken.ForgetsOne && inode.Index == before;
            if (errno != 0 && !keeps)
                _inodes.DropLookup(inode.Index);
            PutInode(inode);
        }

        _dcache.LookupDone(dentry);
        if (errno == 0 && other is null)
            return (dentry, 0);
        _dcache.Put(dentry);
        return (other, errno);
    }
}
