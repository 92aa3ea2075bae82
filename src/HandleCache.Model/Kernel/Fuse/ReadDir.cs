using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>A record as it lies in the reply, taken off it.</summary>
internal readonly record struct DirRecord(
    string Name, ulong Ino, ulong Offset, uint Type, EntryIn Entry);

/// <summary>
/// fuse_readdir() and fuse_readdir_uncached() (R11; models fs/fuse/readdir.c, v6.18).
/// </summary>
internal sealed class ReadDir(
    KernelFaults faults, Connection conn, Device device, Requests requests, InodeGet inodes,
    InodeAttributes attributes, ReadDirCache cachedDir, ReadDirPlus plusEntries)
{
    /// <summary>fuse_readdir().</summary>
    public async KernelTask<int> IterateAsync(OpenFile file, IDirContext context)
    {
        FuseInode inode = file.Dentry.FuseInode!;
        if (inodes.IsBad(inode))
            return (int)Errno.EIO;
        if (ReadDirCache.CachesNames(file)
            && await cachedDir.ReadCachedAsync(file, inode, context) is { } errno)
        {
            return errno;
        }

        return await ReadDirOnceAsync(file, inode, context);
    }

    /// <summary>fuse_use_readdirplus().</summary>
    private bool UsesReadDirPlus(FuseInode directory, long position)
    {
        if (!conn.ReadDirPlus)
            return false;
        if (!conn.ReadDirPlusAuto)
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
        OpenFile file, FuseInode inode, IDirContext context)
    {
        bool plus = UsesReadDirPlus(inode, file.Position);
        ulong attrVersion = conn.AttrVersion;
        ulong evictCtr = attributes.EvictCtr;
        int bytes = conn.Follows(VersionRule.ListingOfOnePage)
            ? ReplyRoom.PageBytes
            : Math.Clamp(
                context.RoomBytes, ReplyRoom.PageBytes, (int)conn.MaxPages * ReplyRoom.PageBytes);
        fuse_read_in arguments = new()
        {
            fh = FuseFile.Of(file).Fh,
            offset = (ulong)file.Position,
            size = (uint)bytes,
            flags = (uint)file.Flags,
        };
        bool isLocked = await inode.LockAsync(conn);
        KernelAnswer answer = await requests.SendAsync(
            plus ? FuseOpcode.FUSE_READDIRPLUS : FuseOpcode.FUSE_READDIR, inode,
            FuseArgs.Bytes(arguments), ReplyRoom.UpTo(bytes));
        inode.Unlock(isLocked);
        int errno = answer.Errno;
        if (errno == 0)
        {
            (List<DirRecord> records, errno) = ParseRecords(answer.Body, plus);
            bool isEnd = answer.Body.Length == 0 && ReadDirCache.CachesNames(file);
            if (isEnd && !faults.Has(KernelFault.ListingNeverEnds))
                inode.Listing.End(file.Position);
            int seen = plus
                ? await plusEntries.TakePlusAsync(file, records, context, attrVersion, evictCtr)
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
        DirentReader reader = new(body, plus ? device.Handles.Dialect : null);
        while (reader.MoveNext())
        {
            if (plus && device.Handles.CheckHandle(reader.Entry.Handle.Bytes.Length).IsError)
                return (records, (int)Errno.EIO);
            records.Add(new(
                System.Text.Encoding.Latin1.GetString(reader.Name), reader.Dirent.ino,
                reader.Dirent.off, reader.Dirent.type,
                plus ? ListedEntry(reader.Entry, reader.Dirent.type) : EntryIn.None));
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
        if (requests.Spoken.ListsWithoutAttributes)
            entry.attr.mode = type << 12;
        return new EntryIn(entry, new(wire.Handle), [])
        {
            LacksAttributes = requests.Spoken.ListsWithoutAttributes,
        };
    }

    /// <summary>parse_dirfile().</summary>
    private static int Take(OpenFile file, List<DirRecord> records, IDirContext context)
    {
        for (int i = 0; i < records.Count; i++)
        {
            if (!ReadDirCache.Emit(file, records[i], context))
                return i;
            file.Position = (long)records[i].Offset;
        }

        return records.Count;
    }
}
