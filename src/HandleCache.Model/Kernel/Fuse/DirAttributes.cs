using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// fuse_update_get_attr(), fuse_do_statx() and fuse_getattr() (R10, R15; models fs/fuse/dir.c,
/// v6.18).
/// </summary>
internal sealed class DirAttributes(
    Connection conn, Clock clock, Requests requests, InodeGet inodes, InodeAttributes attributes)
{
    /// <summary>R10, models fuse_do_getattr().</summary>
    public async KernelTask<(int Errno, fuse_attr Attr)> GetAttrAsync(
        FuseInode inode, FuseFile? file)
    {
        if (requests.Spoken.AsksStatx)
            return await StatxAsync(inode);
        ulong attrVersion = conn.AttrVersion;
        fuse_getattr_in arguments = default;
        if (file is not null && inode.IsRegular)
        {
            arguments.getattr_flags = FuseConstants.FUSE_GETATTR_FH;
            arguments.fh = file.Fh;
        }

        KernelAnswer answer = await requests.SendAsync(
            FuseOpcode.FUSE_GETATTR, inode, FuseArgs.Bytes(arguments),
            ReplyRoom.Of<fuse_attr_out>());
        if (answer.Errno != 0)
            return (answer.Errno, default);
        fuse_attr_out reply = MemoryMarshal.Read<fuse_attr_out>(answer.Body);
        if (InodeAttributes.IsInvalid(reply.attr)
            || ((reply.attr.mode ^ inode.Mode) & FileModes.TypeMask) != 0)
        {
            inodes.MakeBad(inode);
            return ((int)Errno.EIO, default);
        }

        attributes.ChangeAttributes(
            inode, reply.attr, clock.Expiry(reply.attr_valid, reply.attr_valid_nsec),
            attrVersion, 0);
        return (0, reply.attr);
    }

    /// <summary>Models fuse_do_statx().</summary>
    private async KernelTask<(int Errno, fuse_attr Attr)> StatxAsync(FuseInode inode)
    {
        ulong attrVersion = conn.AttrVersion;
        fuse_statx_in arguments = new() { sx_mask = StatxMask.BasicStats | StatxMask.BirthTime };
        KernelAnswer answer = await requests.AskAsync(
            FuseOpcode.FUSE_STATX, inode, FuseArgs.Bytes(arguments),
            ReplyRoom.Of<fuse_statx_out>());
        if (answer.Errno != 0)
            return (answer.Errno, default);
        fuse_statx_out reply = MemoryMarshal.Read<fuse_statx_out>(answer.Body);
        fuse_statx stat = reply.stat;
        bool badSize = (stat.mask & StatxMask.Size) != 0 && stat.size > long.MaxValue;
        bool badType = (stat.mask & 1) != 0 && (!FileModes.IsFileType(stat.mode)
            || ((stat.mode ^ inode.Mode) & FileModes.TypeMask) != 0);
        if (badSize || badType)
        {
            inodes.MakeBad(inode);
            return ((int)Errno.EIO, default);
        }

        fuse_attr attr = StatxAttributes.ToAttr(stat);
        if ((stat.mask & StatxMask.BasicStats) == StatxMask.BasicStats)
        {
            ulong before = inode.AttrVersion;
            attributes.ChangeAttributes(
                inode, attr, clock.Expiry(reply.attr_valid, reply.attr_valid_nsec), attrVersion, 0);
            if (inode.AttrVersion != before)
            {
                inode.InvalMask &= ~StatxMask.BirthTime;
                if ((stat.mask & StatxMask.BirthTime) != 0)
                    inode.BTime = Clock.Time((ulong)stat.btime.tv_sec, stat.btime.tv_nsec);
            }
        }

        return (0, attr);
    }

    /// <summary>
    /// Models fuse_update_get_attr(): asks the server if a wanted field is outdated, or all are
    /// (<paramref name="mask"/>: STATX_ bits). Gives the fresh attributes where it asked.
    /// </summary>
    public async KernelTask<(int Errno, fuse_attr? Fresh)> UpdateAttrAsync(
        FuseInode inode, FuseFile? file, uint mask, int flags)
    {
        uint invalid = inode.InvalMask;
        mask &= StatxMask.BasicStats | StatxMask.BirthTime;
        while (true)
        {
            bool noStatx = conn.Unsupported.Contains(FuseOpcode.FUSE_STATX);
            if (noStatx)
                mask &= StatxMask.BasicStats;
            bool wants = mask != 0 || conn.Follows(VersionRule.NothingWantedAsks);
            bool sync = wants && ((flags & AtFlags.StatxForceSync) != 0
                || ((flags & AtFlags.StatxDontSync) == 0
                    && ((mask & invalid) != 0 || clock.IsExpired(inode.AttrExpiryNs))));
            if (!sync)
                return (0, null);
            inode.ForgetAcls();
            bool asksStatx = !noStatx && (mask & ~StatxMask.BasicStats) != 0;
            (int errno, fuse_attr attr) = asksStatx
                ? await StatxAsync(inode)
                : await GetAttrAsync(inode, file);
            if (asksStatx && errno == (int)Errno.ENOSYS)
                continue;
            return errno == 0 ? (0, attr) : (errno, null);
        }
    }

    /// <summary>fuse_getattr().</summary>
    public async KernelTask<VfsResult> StatInodeAsync(FuseInode inode, uint mask, int flags)
    {
        if (inodes.IsBad(inode))
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
    private static VfsStat FromServer(FuseInode inode, in fuse_attr attr) => new(
        attr.ino,
        (inode.Mode & FileModes.TypeMask) | (attr.mode & FileModes.PermissionMask),
        attr.nlink,
        attr.uid,
        attr.gid,
        inode.Rdev,
        attr.size,
        attr.blocks,
        Clock.Time(attr.atime, attr.atimensec),
        Clock.Time(attr.mtime, attr.mtimensec),
        Clock.Time(attr.ctime, attr.ctimensec));

    /// <summary>generic_fillattr() with orig_ino.</summary>
    private static VfsStat Cached(FuseInode inode) => new(
        inode.Ino, inode.Mode, inode.NLink, inode.Uid, inode.Gid, inode.Rdev, inode.Size,
        inode.Blocks, inode.ATime, inode.MTime, inode.CTime);
}
