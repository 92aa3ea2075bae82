using System.Runtime.InteropServices;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// fuse_file_read_iter(), fuse_file_write_iter(), fuse_fsync() and fuse_file_fallocate() (R19;
/// models fs/fuse/file.c, v6.18).
/// </summary>
internal sealed class FileReadWrite(
    KernelFaults faults, Connection conn, Requests requests, InodeGet inodes,
    DirAttributes dirAttributes, DirSetAttr setAttr)
    : IDataOperations
{
    private const ulong PageBytes = 4096;

    /// <summary>fuse_file_read_iter().</summary>
    public async KernelTask<VfsResult> ReadAsync(OpenFile file, long offset, int bytes)
    {
        FuseInode inode = file.Dentry.FuseInode!;
        if (inodes.IsBad(inode))
            return VfsResult.Failure((int)Errno.EIO);
        return IsDirect(file)
            ? await DirectReadAsync(file, inode, offset, bytes)
            : await CachedReadAsync(file, inode, offset, bytes);
    }

    private static bool IsDirect(OpenFile file) =>
        (FuseFile.Of(file).FOpenFlags & (uint)FuseOpenFlags.FOPEN_DIRECT_IO) != 0;

    /// <summary>
    /// The caller wants what the server did not say: O_DIRECT of a file that has a page cache.
    /// fuse_cache_read_iter() and fuse_cache_write_iter() lead to fuse_direct_IO() then.
    /// </summary>
    private static bool IsPastTheCache(OpenFile file) =>
        !IsDirect(file) && (file.Flags & OpenFlags.Direct) != 0;

    /// <summary>
    /// Models fuse_direct_read_iter(): what is asked for is what the server is asked. Direct I/O
    /// names the caller's lock owner (fuse_direct_io() hands current->files to fuse_send_read()
    /// and fuse_send_write(), which set FUSE_READ_LOCKOWNER and FUSE_WRITE_LOCKOWNER), since the
    /// request is the caller's own; the page cache reads and writes for nobody in particular and
    /// names none. The owner's value is noise (NoiseRules, "lock-owner"), the flag is compared.
    /// </summary>
    private async KernelTask<VfsResult> DirectReadAsync(
        OpenFile file, FuseInode inode, long offset, int bytes)
    {
        KernelAnswer answer = await AskReadAsync(
            file, (ulong)offset, (uint)bytes, FuseConstants.FUSE_READ_LOCKOWNER);
        inode.InvalMask |= StatxMask.ATime;
        if (answer.Errno != 0)
            return VfsResult.Failure(answer.Errno);
        return new VfsResult(0, answer.Body.Length)
        {
            Data = Convert.ToHexStringLower(answer.Body),
        };
    }

    private KernelTask<KernelAnswer> AskReadAsync(
        OpenFile file, ulong offset, uint bytes, uint readFlags) =>
        requests.SendAsync(
            FuseOpcode.FUSE_READ, file.Dentry.FuseInode!,
            FuseArgs.Bytes(new fuse_read_in
            {
                fh = FuseFile.Of(file).Fh,
                offset = offset,
                size = bytes,
                read_flags = readFlags,
                flags = (uint)file.Flags,
            }),
            ReplyRoom.UpTo((int)bytes));

    /// <summary>
    /// Models fuse_cache_read_iter(): attributes first (auto_inval_data, or past the known end),
    /// then the pages that are missing. The data themselves are not kept. What the running kernel
    /// taught: at or behind the known end there is no READ. The first page that cannot be had ends
    /// it: fuse_read_folio() tells the server's errno up to 6.18, none later.
    /// </summary>
    private async KernelTask<VfsResult> CachedReadAsync(
        OpenFile file, FuseInode inode, long offset, int bytes)
    {
        if (conn.AutoInvalData || (ulong)(offset + bytes) > inode.Size)
        {
            (int errno, _) = await dirAttributes.UpdateAttrAsync(
                inode, FuseFile.Of(file), StatxMask.Size, 0);
            if (errno != 0)
                return VfsResult.Failure(errno);
        }

        ulong at = (ulong)offset;
        ulong end = at + (ulong)bytes;
        if (IsPastTheCache(file) && at < inode.Size)
        {
            // What the server gives too little of, the pages give (generic_file_read_iter()).
            VfsResult direct = await DirectReadAsync(file, inode, offset, bytes);
            at += direct.Errno == 0 ? (ulong)direct.Value : 0;
            if (direct.Errno != 0 || at >= Math.Min(end, inode.Size))
                return direct;
        }

        bool looksAtPageFirst =
            conn.Follows(VersionRule.PageBehindEndIsRead) && !IsPastTheCache(file);
        while (at < (looksAtPageFirst ? end : Math.Min(end, inode.Size)))
        {
            ulong page = at / PageBytes;
            if (!inode.Pages.Contains(page))
            {
                KernelAnswer answer = await AskReadAsync(
                    file, page * PageBytes, (uint)PageBytes, readFlags: 0);
                inode.InvalMask |= StatxMask.ATime;
                if (answer.Errno != 0)
                {
                    return at > (ulong)offset
                        ? Count(offset, at)
                        : VfsResult.Failure(conn.Follows(VersionRule.ReadErrorLost)
                            ? (int)Errno.EIO
                            : answer.Errno);
                }

                inode.Pages.Add(page);
            }

            if (at >= inode.Size)
                break;
            at = Math.Min((page + 1) * PageBytes, Math.Min(end, inode.Size));
        }

        return Count(offset, at);
    }

    private static VfsResult Count(long offset, ulong at) =>
        new(0, Math.Max(0, (long)at - offset));

    /// <summary>fuse_file_write_iter(), without a writeback cache.</summary>
    public async KernelTask<VfsResult> WriteAsync(OpenFile file, long offset, byte[] data)
    {
        FuseInode inode = file.Dentry.FuseInode!;
        if (inodes.IsBad(inode))
            return VfsResult.Failure((int)Errno.EIO);
        await inode.Lock.AcquireAsync(exclusive: true);
        try
        {
            // generic_write_checks(): O_APPEND writes at the size that is known.
            if ((file.Flags & OpenFlags.Append) != 0 && !faults.Has(KernelFault.AppendIgnored))
                offset = (long)inode.Size;
            int errno = IsDirect(file) ? 0 : await FileModifiedAsync(file);
            if (errno != 0)
                return VfsResult.Failure(errno);
            return IsPastTheCache(file)
                ? await WritePastTheCacheAsync(file, inode, offset, data)
                : await SendWriteAsync(file, inode, offset, data, IsDirect(file));
        }
        finally
        {
            inode.Lock.Release(exclusive: true);
        }
    }

    /// <summary>
    /// generic_file_direct_write() and fuse_direct_IO(): the pages go; a WRITE that was to make the
    /// file longer and failed cuts it to the size that is known (fuse_do_truncate()); what the
    /// server took too little of goes through the cache (direct_write_fallback()).
    /// </summary>
    private async KernelTask<VfsResult> WritePastTheCacheAsync(
        OpenFile file, FuseInode inode, long offset, byte[] data)
    {
        ulong size = inode.Size;
        ulong end = (ulong)offset + (ulong)data.Length;
        DropPages(inode, (ulong)offset, end);
        VfsResult direct = await SendWriteAsync(file, inode, offset, data, isDirect: true);
        if (direct.Errno != 0)
        {
            if (end > size)
            {
                await setAttr.DoSetAttrAsync(
                    inode, FuseFile.Of(file), new() { Valid = AttrFlags.Size, Size = inode.Size });
            }

            return direct;
        }

        DropPages(inode, (ulong)offset, end);
        int written = (int)direct.Value;
        if (written == data.Length)
            return direct;
        VfsResult rest = await SendWriteAsync(
            file, inode, offset + written, data[written..], isDirect: false);
        return rest.Errno == 0 ? new VfsResult(0, written + rest.Value)
            : written > 0 ? direct : rest;
    }

    private static void DropPages(FuseInode inode, ulong from, ulong end)
    {
        for (ulong page = from / PageBytes; page * PageBytes < end; page++)
            inode.Pages.Remove(page);
    }

    private async KernelTask<VfsResult> SendWriteAsync(
        OpenFile file, FuseInode inode, long offset, byte[] data, bool isDirect)
    {
        KernelAnswer answer = await requests.SendAsync(
            FuseOpcode.FUSE_WRITE, inode,
            [.. FuseArgs.Bytes(new fuse_write_in
            {
                fh = FuseFile.Of(file).Fh,
                offset = (ulong)offset,
                size = (uint)data.Length,
                write_flags = WriteFlags(isDirect),
                flags = (uint)file.Flags,
            }), .. data],
            ReplyRoom.Of<fuse_write_out>());
        return TakeWriteReply(inode, offset, data.Length, answer);
    }

    /// <summary>
    /// file_modified(): set-user-ID and its kin go by a SETATTR, which is empty where the server
    /// takes them away (fuse_setattr()). Direct I/O leaves that to the flag of its WRITE.
    /// </summary>
    private async KernelTask<int> FileModifiedAsync(OpenFile file) =>
        Attr.DropsPrivileges(conn.Current, file.Dentry.Inode!)
            && !faults.Has(KernelFault.WriteKeepsPrivileges)
            ? await setAttr.SetAttrAsync(
                file.Dentry, new() { Valid = AttrFlags.KillPrivileges | AttrFlags.Force })
            : 0;

    /// <summary>
    /// fuse_direct_io() asks for the bits to go whatever was agreed, fuse_send_write_pages() where
    /// the server said that it does it.
    /// </summary>
    private uint WriteFlags(bool isDirect)
    {
        uint flags = isDirect ? FuseConstants.FUSE_WRITE_LOCKOWNER : 0;
        return !conn.Current.IsCapable && (isDirect || conn.KillPrivV2)
            ? flags | FuseConstants.FUSE_WRITE_KILL_SUIDGID
            : flags;
    }

    private VfsResult TakeWriteReply(
        FuseInode inode, long offset, int bytes, in KernelAnswer answer)
    {
        int errno = answer.Errno;
        uint written = errno == 0 ? MemoryMarshal.Read<fuse_write_out>(answer.Body).size : 0;
        if (written > bytes)
        {
            errno = (int)Errno.EIO;
            written = 0;
        }

        WriteUpdateAttr(inode, (ulong)offset + written, isWritten: written > 0);
        return errno != 0 ? VfsResult.Failure(errno) : new VfsResult(0, written);
    }

    /// <summary>fuse_write_update_attr(): of a WRITE, done whatever came of it.</summary>
    private void WriteUpdateAttr(FuseInode inode, ulong end, bool isWritten)
    {
        if (!faults.Has(KernelFault.WriteKeepsVersion)
            && (isWritten || !conn.Follows(VersionRule.FailedWriteUnmarked)))
            inode.AttrVersion = conn.NextAttrVersion();
        if (isWritten && end > inode.Size)
            inode.Size = end;
        conn.Outdate(inode, InodeAttributes.StatxModSize);
    }

    /// <summary>fuse_fsync() and fuse_dir_fsync().</summary>
    public async KernelTask<int> FSyncAsync(OpenFile file, bool isDataOnly)
    {
        FuseInode inode = file.Dentry.FuseInode!;
        if (inodes.IsBad(inode))
            return (int)Errno.EIO;
        FuseOpcode opcode = inode.IsDirectory ? FuseOpcode.FUSE_FSYNCDIR : FuseOpcode.FUSE_FSYNC;
        if (conn.Unsupported.Contains(opcode))
            return 0;
        await inode.Lock.AcquireAsync(exclusive: true);
        KernelAnswer answer = await requests.AskAsync(
            opcode, inode,
            FuseArgs.Bytes(new fuse_fsync_in
            {
                fh = FuseFile.Of(file).Fh,
                fsync_flags = isDataOnly ? 1u : 0,
            }),
            ReplyRoom.Nothing);
        inode.Lock.Release(exclusive: true);
        return answer.Errno == (int)Errno.ENOSYS ? 0 : answer.Errno;
    }

    /// <summary>
    /// fuse_file_fallocate(). What cap_inode_need_killpriv() asks is noise (NoiseRules,
    /// "security-xattr"). Whether the inode is bad is not asked.
    /// </summary>
    public async KernelTask<int> FAllocateAsync(OpenFile file, int mode, long offset, long bytes)
    {
        int known = AllocateFlags.KeepSize | AllocateFlags.PunchHole
            | (conn.Follows(VersionRule.ZeroRangeUnknown) ? 0 : AllocateFlags.ZeroRange);
        FuseInode inode = file.Dentry.FuseInode!;
        if ((mode & ~known) != 0 || conn.Unsupported.Contains(FuseOpcode.FUSE_FALLOCATE))
            return (int)Errno.EOPNOTSUPP;
        bool keepsSize = (mode & AllocateFlags.KeepSize) != 0;
        await inode.Lock.AcquireAsync(exclusive: true);
        try
        {
            int failed = await FileModifiedAsync(file);
            if (failed != 0)
                return failed;
            inode.SizeUnstable |= !keepsSize;
            KernelAnswer answer = await requests.AskAsync(
                FuseOpcode.FUSE_FALLOCATE, inode,
                FuseArgs.Bytes(new fuse_fallocate_in
                {
                    fh = FuseFile.Of(file).Fh,
                    offset = (ulong)offset,
                    length = (ulong)bytes,
                    mode = (uint)mode,
                }),
                ReplyRoom.Nothing);
            if (answer.Errno != 0)
            {
                return answer.Errno == (int)Errno.ENOSYS
                    ? (int)Errno.EOPNOTSUPP
                    : answer.Errno;
            }

            if (!keepsSize)
                WriteUpdateAttr(inode, (ulong)(offset + bytes), isWritten: true);
            if ((mode & (AllocateFlags.PunchHole | AllocateFlags.ZeroRange)) != 0)
                TruncatePageCacheRange(inode, (ulong)offset, (ulong)(offset + bytes));
            conn.Outdate(inode, InodeAttributes.StatxModSize);
            return 0;
        }
        finally
        {
            if (!keepsSize)
                inode.SizeUnstable = false;
            inode.Lock.Release(exclusive: true);
        }
    }

    /// <summary>
    /// truncate_pagecache_range(): pages of which a part remains are zeroed there, and kept.
    /// </summary>
    private static void TruncatePageCacheRange(FuseInode inode, ulong from, ulong end) =>
        inode.Pages.RemoveWhere(page =>
            page * PageBytes >= from && (page + 1) * PageBytes <= end);
}
