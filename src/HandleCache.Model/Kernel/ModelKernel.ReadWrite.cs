using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>What is done with open files.</summary>
public sealed partial class ModelKernel
{
    /// <summary>The bytes that a script writes: a pattern of length and offset.</summary>
    public static byte[] Pattern(int bytes, long offset)
    {
        byte[] pattern = new byte[bytes];
        for (int i = 0; i < bytes; i++)
            pattern[i] = (byte)((offset + i) * 31 + bytes);
        return pattern;
    }

    private async KernelTask<VfsResult> CloseAsync(int slot)
    {
        if (FileAt(slot) is not { } file)
            return VfsResult.Failure((int)Errno.EBADF);
        _files[slot] = null;
        int errno = 0;
        if (!file.IsPathOnly && file.Dentry.Inode!.IsRegular)
            errno = await FlushAsync(file);
        if (file.IsPathOnly)
            _dcache.Put(file.Dentry);
        else
            Release(file);
        return new VfsResult(errno);
    }

    /// <summary>Models fuse_flush(), without a writeback cache.</summary>
    private async KernelTask<int> FlushAsync(OpenFile file)
    {
        KernelInode inode = file.Dentry.Inode!;
        if (IsBad(inode))
            return (int)Errno.EIO;
        if ((file.FOpenFlags & (uint)FuseOpenFlags.FOPEN_NOFLUSH) != 0
            || _conn.Unsupported.Contains(FuseOpcode.FUSE_FLUSH))
        {
            return 0;
        }

        KernelAnswer answer = await AskAsync(
            FuseOpcode.FUSE_FLUSH, inode, Bytes(new fuse_flush_in { fh = file.Fh }),
            ReplyRoom.Nothing);
        return answer.Errno == (int)Errno.ENOSYS ? 0 : answer.Errno;
    }

    /// <summary>
    /// The last close: RELEASE in the background, for whose time the inode stays (models
    /// fuse_file_release(); the reply may evict).
    /// </summary>
    private void Release(OpenFile file)
    {
        KernelInode inode = Hold(file.Dentry.Inode!);
        ReleaseTail(file, inode);
        _dcache.Put(file.Dentry);
    }

    /// <summary>
    /// The files that a system call itself opened and put. What the running kernel taught: fput()
    /// leaves them to the task's work, which is run last in, first out (task_work_add()).
    /// </summary>
    private void ReleaseAll(List<OpenFile> closing)
    {
        for (int i = closing.Count - 1; i >= 0; i--)
            Release(closing[i]);
    }

    private async void ReleaseTail(OpenFile file, KernelInode inode)
    {
        _releasing.Add(inode);
        await ReleaseAsync(file, inode, file.Flags);
        _releasing.Remove(inode);
        PutInode(inode);
    }

    /// <param name="file">The open file.</param>
    /// <param name="inode">Null where the inode of a creation was refused.</param>
    /// <param name="flags">Of the open.</param>
    /// <param name="created">The entry of that creation.</param>
    private async KernelTask<bool> ReleaseAsync(
        OpenFile file, KernelInode? inode, int flags, EntryIn? created = null)
    {
        bool isDirectory = inode is { IsDirectory: true };
        bool isSent = isDirectory
            ? file.HasRelease
            : !_conn.Unsupported.Contains(FuseOpcode.FUSE_OPEN);
        if (!isSent)
            return false;
        fuse_release_in arguments = new()
        {
            fh = file.Fh,
            flags = (uint)(flags & ~(OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.Truncate)),
        };
        Subject about = new(inode, file.NodeId, created?.HandleType ?? 0, created?.Handle);
        await SendAsync(
            isDirectory ? FuseOpcode.FUSE_RELEASEDIR : FuseOpcode.FUSE_RELEASE, about,
            Bytes(arguments), ReplyRoom.Nothing, bringsHandle: true);
        return true;
    }

    private async KernelTask<VfsResult> ReadAsync(VfsCall call)
    {
        if (FileAt(call.Slot) is not { } file || !file.MayRead
            || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        KernelInode inode = file.Dentry.Inode!;
        if (inode.IsDirectory)
            return VfsResult.Failure((int)Errno.EISDIR);
        if (file.IsPathOnly)
            return VfsResult.Failure(29);
        if (IsBad(inode))
            return VfsResult.Failure((int)Errno.EIO);
        return IsDirect(file)
            ? await DirectReadAsync(file, inode, call)
            : await CachedReadAsync(file, inode, call);
    }

    private static bool IsDirect(OpenFile file) =>
        (file.FOpenFlags & (uint)FuseOpenFlags.FOPEN_DIRECT_IO) != 0;

    /// <summary>
    /// Models fuse_direct_read_iter(): what is asked for is what the server is asked. Direct I/O
    /// names the caller's lock owner (fuse_direct_io() hands current->files to fuse_send_read()
    /// and fuse_send_write(), which set FUSE_READ_LOCKOWNER and FUSE_WRITE_LOCKOWNER), since the
    /// request is the caller's own; the page cache reads and writes for nobody in particular and
    /// names none. The owner's value is noise (NoiseRules, "lock-owner"), the flag is compared.
    /// </summary>
    private async KernelTask<VfsResult> DirectReadAsync(
        OpenFile file, KernelInode inode, VfsCall call)
    {
        KernelAnswer answer = await AskReadAsync(
            file, (ulong)call.Offset, (uint)call.Size, FuseConstants.FUSE_READ_LOCKOWNER);
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
        SendAsync(
            FuseOpcode.FUSE_READ, file.Dentry.Inode!,
            Bytes(new fuse_read_in
            {
                fh = file.Fh,
                offset = offset,
                size = bytes,
                read_flags = readFlags,
                flags = (uint)file.Flags,
            }),
            ReplyRoom.UpTo((int)bytes));

    /// <summary>
    /// Models fuse_cache_read_iter(): attributes first (auto_inval_data, or past the known end),
    /// then the pages that are missing. The data themselves are not kept. What the running kernel
    /// taught: at or behind the known end there is no READ.
    /// </summary>
    private async KernelTask<VfsResult> CachedReadAsync(
        OpenFile file, KernelInode inode, VfsCall call)
    {
        if (_conn.AutoInvalData || (ulong)(call.Offset + call.Size) > inode.Size)
        {
            (int errno, _) = await UpdateAttrAsync(inode, file, StatxMask.Size, 0);
            if (errno != 0)
                return VfsResult.Failure(errno);
        }

        ulong at = (ulong)call.Offset;
        ulong end = at + (ulong)call.Size;
        while (at < Math.Min(end, inode.Size))
        {
            ulong page = at / PageBytes;
            if (!inode.Pages.Contains(page))
            {
                KernelAnswer answer = await AskReadAsync(
                    file, page * PageBytes, (uint)PageBytes, readFlags: 0);
                inode.InvalMask |= StatxMask.ATime;
                if (answer.Errno != 0)
                {
                    return at > (ulong)call.Offset
                        ? Count(call, at)
                        : VfsResult.Failure((int)Errno.EIO);
                }

                inode.Pages.Add(page);
            }

            at = Math.Min((page + 1) * PageBytes, Math.Min(end, inode.Size));
        }

        return Count(call, at);
    }

    private static VfsResult Count(VfsCall call, ulong at) =>
        new(0, Math.Max(0, (long)at - call.Offset));

    private async KernelTask<VfsResult> WriteAsync(VfsCall call)
    {
        if (FileAt(call.Slot) is not { } file || !file.MayWrite
            || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        KernelInode inode = file.Dentry.Inode!;
        if (file.IsPathOnly)
            return VfsResult.Failure(29);
        if (IsBad(inode))
            return VfsResult.Failure((int)Errno.EIO);
        long written = call.Offset;
        await inode.Lock.AcquireAsync(exclusive: true);
        try
        {
            // generic_write_checks(): O_APPEND writes at the size that is known.
            if ((file.Flags & OpenFlags.Append) != 0 && !_faults.Has(KernelFault.AppendIgnored))
                call = call with { Offset = (long)inode.Size };
            byte[] data = Pattern(call.Size, written);
            KernelAnswer answer = await SendAsync(
                FuseOpcode.FUSE_WRITE, inode,
                [.. Bytes(new fuse_write_in
                {
                    fh = file.Fh,
                    offset = (ulong)call.Offset,
                    size = (uint)data.Length,
                    write_flags = IsDirect(file) ? FuseConstants.FUSE_WRITE_LOCKOWNER : 0,
                    flags = (uint)file.Flags,
                }), .. data],
                RoomOf<fuse_write_out>());
            return TakeWriteReply(inode, call, answer);
        }
        finally
        {
            inode.Lock.Release(exclusive: true);
        }
    }

    /// <summary>Models fuse_write_update_attr(): done whatever came of the WRITE.</summary>
    private VfsResult TakeWriteReply(KernelInode inode, VfsCall call, in KernelAnswer answer)
    {
        int errno = answer.Errno;
        uint written = errno == 0 ? MemoryMarshal.Read<fuse_write_out>(answer.Body).size : 0;
        if (written > call.Size)
        {
            errno = (int)Errno.EIO;
            written = 0;
        }

        ulong end = (ulong)call.Offset + written;
        if (!_faults.Has(KernelFault.WriteKeepsVersion))
            inode.AttrVersion = NextAttrVersion();
        if (written > 0 && end > inode.Size)
            inode.Size = end;
        inode.InvalMask |= StatxModSize;
        return errno != 0 ? VfsResult.Failure(errno) : new VfsResult(0, written);
    }

    private async KernelTask<VfsResult> FSyncAsync(VfsCall call)
    {
        if (FileAt(call.Slot) is not { } file || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        if (file.IsPathOnly)
            return VfsResult.Failure((int)Errno.EINVAL);
        KernelInode inode = file.Dentry.Inode!;
        if (IsBad(inode))
            return VfsResult.Failure((int)Errno.EIO);
        FuseOpcode opcode = inode.IsDirectory ? FuseOpcode.FUSE_FSYNCDIR : FuseOpcode.FUSE_FSYNC;
        if (_conn.Unsupported.Contains(opcode))
            return new VfsResult(0);
        await inode.Lock.AcquireAsync(exclusive: true);
        KernelAnswer answer = await AskAsync(
            opcode, inode,
            Bytes(new fuse_fsync_in { fh = file.Fh, fsync_flags = (uint)call.Flags & 1 }),
            ReplyRoom.Nothing);
        inode.Lock.Release(exclusive: true);
        return new VfsResult(answer.Errno == (int)Errno.ENOSYS ? 0 : answer.Errno);
    }
}
