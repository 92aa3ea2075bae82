using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>Attributes: GETATTR, STATX, SETATTR, ACCESS, READLINK, STATFS (R10, R15).</summary>
public sealed partial class ModelKernel
{

    /// <summary>R10, models fuse_do_getattr().</summary>
    private async KernelTask<(int Errno, fuse_attr Attr)> GetAttrAsync(
        KernelInode inode, OpenFile? file)
    {
        if (Spoken.AsksStatx)
            return await StatxAsync(inode);
        ulong attrVersion = _conn.AttrVersion;
        fuse_getattr_in arguments = default;
        if (file is not null && inode.IsRegular)
        {
            arguments.getattr_flags = FuseConstants.FUSE_GETATTR_FH;
            arguments.fh = file.Fh;
        }

        KernelAnswer answer = await SendAsync(
            FuseOpcode.FUSE_GETATTR, inode, Bytes(arguments), RoomOf<fuse_attr_out>());
        if (answer.Errno != 0)
            return (answer.Errno, default);
        fuse_attr_out reply = MemoryMarshal.Read<fuse_attr_out>(answer.Body);
        if (IsInvalid(reply.attr)
            || ((reply.attr.mode ^ inode.Mode) & FileModes.TypeMask) != 0)
        {
            MakeBad(inode);
            return ((int)Errno.EIO, default);
        }

        ChangeAttributes(
            inode, reply.attr, Expiry(reply.attr_valid, reply.attr_valid_nsec), attrVersion, 0);
        return (0, reply.attr);
    }

    /// <summary>Models fuse_do_statx().</summary>
    private async KernelTask<(int Errno, fuse_attr Attr)> StatxAsync(KernelInode inode)
    {
        ulong attrVersion = _conn.AttrVersion;
        fuse_statx_in arguments = new() { sx_mask = StatxMask.BasicStats | StatxMask.BirthTime };
        KernelAnswer answer = await AskAsync(
            FuseOpcode.FUSE_STATX, inode, Bytes(arguments), RoomOf<fuse_statx_out>());
        if (answer.Errno != 0)
            return (answer.Errno, default);
        fuse_statx_out reply = MemoryMarshal.Read<fuse_statx_out>(answer.Body);
        fuse_statx stat = reply.stat;
        bool badSize = (stat.mask & StatxMask.Size) != 0 && stat.size > long.MaxValue;
        bool badType = (stat.mask & 1) != 0 && (!FileModes.IsFileType(stat.mode)
            || ((stat.mode ^ inode.Mode) & FileModes.TypeMask) != 0);
        if (badSize || badType)
        {
            MakeBad(inode);
            return ((int)Errno.EIO, default);
        }

        fuse_attr attr = StatxAttributes.ToAttr(stat);
        if ((stat.mask & StatxMask.BasicStats) == StatxMask.BasicStats)
        {
            ulong before = inode.AttrVersion;
            ChangeAttributes(
                inode, attr, Expiry(reply.attr_valid, reply.attr_valid_nsec), attrVersion, 0);
            if (inode.AttrVersion != before)
            {
                inode.InvalMask &= ~StatxMask.BirthTime;
                if ((stat.mask & StatxMask.BirthTime) != 0)
                    inode.BTime = Time((ulong)stat.btime.tv_sec, stat.btime.tv_nsec);
            }
        }

        return (0, attr);
    }

    /// <summary>
    /// Models fuse_update_get_attr(): asks the server if a wanted field is outdated, or all are
    /// (<paramref name="mask"/>: STATX_ bits). Gives the fresh attributes where it asked.
    /// </summary>
    private async KernelTask<(int Errno, fuse_attr? Fresh)> UpdateAttrAsync(
        KernelInode inode, OpenFile? file, uint mask, int flags)
    {
        uint invalid = inode.InvalMask;
        mask &= StatxMask.BasicStats | StatxMask.BirthTime;
        while (true)
        {
            bool noStatx = _conn.Unsupported.Contains(FuseOpcode.FUSE_STATX);
            if (noStatx)
                mask &= StatxMask.BasicStats;
            bool sync = mask != 0 && ((flags & AtFlags.StatxForceSync) != 0
                || ((flags & AtFlags.StatxDontSync) == 0
                    && ((mask & invalid) != 0 || IsExpired(inode.AttrExpiryNs))));
            if (!sync)
                return (0, null);
            bool asksStatx = !noStatx && (mask & ~StatxMask.BasicStats) != 0;
            (int errno, fuse_attr attr) = asksStatx
                ? await StatxAsync(inode)
                : await GetAttrAsync(inode, file);
            if (asksStatx && errno == (int)Errno.ENOSYS)
                continue;
            return errno == 0 ? (0, attr) : (errno, null);
        }
    }

    /// <summary>vfs_getattr() of a dentry's inode.</summary>
    private async KernelTask<VfsResult> StatInodeAsync(KernelInode inode, uint mask, int flags)
    {
        if (IsBad(inode))
            return VfsResult.Failure((int)Errno.EIO);
        (int errno, fuse_attr? fresh) = await UpdateAttrAsync(inode, null, mask, flags);
        if (errno != 0)
            return VfsResult.Failure(errno);
        return new VfsResult(0)
        {
            Stat = fresh is { } attr ? FromServer(inode, attr) : Cached(inode),
        };
    }

    /// <summary>fuse_fillattr(): what the server just said, whatever the inode holds.</summary>
    private static VfsStat FromServer(KernelInode inode, in fuse_attr attr) => new(
        attr.ino,
        (inode.Mode & FileModes.TypeMask) | (attr.mode & FileModes.PermissionMask),
        attr.nlink,
        attr.uid,
        attr.gid,
        inode.Rdev,
        attr.size,
        attr.blocks,
        Time(attr.atime, attr.atimensec),
        Time(attr.mtime, attr.mtimensec),
        Time(attr.ctime, attr.ctimensec));

    /// <summary>generic_fillattr() with orig_ino.</summary>
    private static VfsStat Cached(KernelInode inode) => new(
        inode.Ino, inode.Mode, inode.NLink, inode.Uid, inode.Gid, inode.Rdev, inode.Size,
        inode.Blocks, inode.ATime, inode.MTime, inode.CTime);

    private KernelTask<VfsResult> StatAsync(VfsCall call) =>
        AtPathAsync(
            call.Path, (call.Flags & AtFlags.SymlinkNoFollow) == 0,
            dentry => StatInodeAsync(dentry.Inode!, call.Mode, call.Flags));

    /// <summary>
    /// statx() with a directory's descriptor, which fd_raw keeps from the first to the last try.
    /// </summary>
    private async KernelTask<VfsResult> StatAtAsync(VfsCall call)
    {
        if (FileAt(call.Slot) is not { } file)
            return VfsResult.Failure((int)Errno.EBADF);
        if (!file.Dentry.IsDirectory)
            return VfsResult.Failure((int)Errno.ENOTDIR);
        Dentry from = DentryCache.Get(file.Dentry);
        VfsResult result = await AtPathAsync(
            call.Path, (call.Flags & AtFlags.SymlinkNoFollow) == 0,
            dentry => StatInodeAsync(dentry.Inode!, call.Mode, call.Flags), from);
        _dcache.Put(from);
        return result;
    }

    /// <summary>faccessat(): permission of what the path names, as root.</summary>
    private KernelTask<VfsResult> AccessAsync(VfsCall call) =>
        AtPathAsync(
            call.Path, (call.Flags & AtFlags.SymlinkNoFollow) == 0,
            async dentry => new VfsResult(
                await PermissionAsync(dentry.Inode!, (int)call.Mode | MayAccess)));

    private async KernelTask<int> AskAccessAsync(KernelInode inode, int mask)
    {
        if (_conn.Unsupported.Contains(FuseOpcode.FUSE_ACCESS))
            return 0;
        fuse_access_in arguments = new() { mask = (uint)(mask & (MayRead | MayWrite | MayExec)) };
        KernelAnswer answer = await AskAsync(
            FuseOpcode.FUSE_ACCESS, inode, Bytes(arguments), ReplyRoom.Nothing);
        return answer.Errno == (int)Errno.ENOSYS ? 0 : answer.Errno;
    }

    /// <summary>
    /// A path call with its ESTALE retry: the dentry is held during the operation.
    /// </summary>
    private KernelTask<VfsResult> AtPathAsync(
        string path, bool follow, Func<Dentry, KernelTask<VfsResult>> operation,
        Dentry? from = null) =>
        RetryStaleAsync(
            follow ? LookupFlags.Follow : LookupFlags.None,
            async flags =>
            {
                (Dentry? dentry, int errno) = await ResolveAsync(path, flags, from);
                if (dentry is null)
                    return Attempt.WalkFailed(errno);
                try
                {
                    return await operation(dentry);
                }
                finally
                {
                    _dcache.Put(dentry);
                }
            });

    /// <summary>
    /// An operation on the object of an O_PATH descriptor, reached through /proc/self/fd: the path
    /// is walked once as open(2) walks it, and ESTALE repeats the operation alone.
    /// </summary>
    private async KernelTask<VfsResult> AtObjectAsync(
        string path, Func<Dentry, KernelTask<VfsResult>> operation)
    {
        (Dentry? dentry, int errno) = await ResolveAsync(path, LookupFlags.None);
        if (dentry is null)
            return VfsResult.Failure(errno);
        try
        {
            VfsResult result = await operation(dentry);
            return result.Errno == (int)Errno.ESTALE ? await operation(dentry) : result;
        }
        finally
        {
            _dcache.Put(dentry);
        }
    }

    /// <summary>fuse_get_link() without FUSE_CACHE_SYMLINKS.</summary>
    private async KernelTask<(string? Target, int Errno)> GetLinkAsync(KernelInode inode)
    {
        if (IsBad(inode))
            return (null, (int)Errno.EIO);
        KernelAnswer answer = await SendAsync(
            FuseOpcode.FUSE_READLINK, inode, [], ReplyRoom.UpTo(ReplyRoom.LinkBytes));
        if (!_faults.Has(KernelFault.ReadLinkKeepsATime))
            inode.InvalMask |= StatxMask.ATime;
        if (answer.Errno != 0)
            return (null, answer.Errno);
        int end = Array.IndexOf(answer.Body, (byte)0);
        ReadOnlySpan<byte> target = end < 0 ? answer.Body : answer.Body.AsSpan(0, end);
        return (System.Text.Encoding.Latin1.GetString(target), 0);
    }

    private KernelTask<VfsResult> ReadLinkAsync(VfsCall call) =>
        AtPathAsync(
            call.Path, follow: false,
            async dentry =>
            {
                KernelInode inode = dentry.Inode!;
                if (!inode.IsSymlink)
                    return VfsResult.Failure((int)Errno.EINVAL);
                (string? target, int errno) = await GetLinkAsync(inode);
                if (target is null)
                    return VfsResult.Failure(errno);
                byte[] bytes = System.Text.Encoding.Latin1.GetBytes(target);
                return new VfsResult(0, bytes.Length) { Data = Convert.ToHexStringLower(bytes) };
            });

    /// <summary>fstatfs() of an O_PATH descriptor, which does not repeat after ESTALE.</summary>
    private async KernelTask<VfsResult> StatFsAsync(VfsCall call)
    {
        (Dentry? dentry, int errno) = await ResolveAsync(call.Path, LookupFlags.None);
        if (dentry is null)
            return VfsResult.Failure(errno);
        VfsResult result = await StatFsAsync(dentry);
        _dcache.Put(dentry);
        return result;
    }

    private async KernelTask<VfsResult> StatFsAsync(Dentry dentry)
    {
        KernelAnswer answer = await SendAsync(
            FuseOpcode.FUSE_STATFS, dentry.Inode!, [], RoomOf<fuse_statfs_out>());
        if (answer.Errno != 0)
            return VfsResult.Failure(answer.Errno);
        fuse_statfs_out reply = MemoryMarshal.Read<fuse_statfs_out>(answer.Body);
        return new VfsResult(0, (long)reply.st.blocks);
    }
}
