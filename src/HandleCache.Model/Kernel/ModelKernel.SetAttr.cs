using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>Changing attributes: SETATTR and extended attributes.</summary>
public sealed partial class ModelKernel
{

    /// <summary>notify_change(), fuse_setattr() and fuse_do_setattr().</summary>
    private async KernelTask<VfsResult> SetAttrAsync(
        Dentry dentry, fuse_setattr_in arguments, OpenFile? file)
    {
        KernelInode inode = dentry.Inode!;
        if (IsBad(inode))
            return VfsResult.Failure((int)Errno.EIO);
        FuseSetattrValid valid = (FuseSetattrValid)arguments.valid;
        bool isTruncate = (valid & FuseSetattrValid.FATTR_SIZE) != 0;
        bool isChown = (valid & (FuseSetattrValid.FATTR_UID | FuseSetattrValid.FATTR_GID)) != 0;
        if (isChown && !inode.IsDirectory && !_conn.ServerKillsPrivileges
            && !_faults.Has(KernelFault.PrivilegesKept))
        {
            // The bits to take away are those of now: what is known of the mode may be old.
            (int failed, _) = await GetAttrAsync(inode, file);
            if (failed != 0)
                return VfsResult.Failure(failed);
            const uint SetGidExec = FileModes.SetGid | 0x8;
            uint kept = inode.Mode & ~FileModes.SetUid;
            if ((inode.Mode & SetGidExec) == SetGidExec)
                kept &= ~FileModes.SetGid;
            if (kept != inode.Mode)
            {
                valid |= FuseSetattrValid.FATTR_MODE;
                arguments.mode = kept;
            }
        }

        if (isTruncate)
            inode.SizeUnstable = true;
        if (file is not null)
        {
            valid |= FuseSetattrValid.FATTR_FH;
            arguments.fh = file.Fh;
        }

        if (_conn.KillPrivV2 && !inode.IsDirectory && isChown)
            valid |= FuseSetattrValid.FATTR_KILL_SUIDGID;
        if (isTruncate)
            valid |= FuseSetattrValid.FATTR_LOCKOWNER;
        arguments.valid = (uint)valid;
        ulong attrVersion = _conn.AttrVersion;
        KernelAnswer answer = await SendAsync(
            FuseOpcode.FUSE_SETATTR, inode, Bytes(arguments), RoomOf<fuse_attr_out>());
        int errno = answer.Errno;
        if (errno == (int)Errno.EINTR)
            inode.InvalMask |= StatxMask.BasicStats;
        if (errno == 0)
            errno = TakeSetAttrReply(inode, answer.Body, attrVersion);
        inode.SizeUnstable = false;
        bool isNewMode = inode.IsDirectory && (valid & FuseSetattrValid.FATTR_MODE) != 0;
        if (errno == 0 && isNewMode && !_faults.Has(KernelFault.ChModKeepsName))
            dentry.ExpiryNs = 0;
        return new VfsResult(errno);
    }

    private int TakeSetAttrReply(KernelInode inode, byte[] body, ulong attrVersion)
    {
        fuse_attr_out reply = MemoryMarshal.Read<fuse_attr_out>(body);
        if (IsInvalid(reply.attr)
            || ((reply.attr.mode ^ inode.Mode) & FileModes.TypeMask) != 0)
        {
            MakeBad(inode);
            return (int)Errno.EIO;
        }

        bool isOlder = inode.AttrVersion > attrVersion
            && !_faults.Has(KernelFault.OldSetAttrStaysValid);
        SetAttributes(
            inode, reply.attr,
            isOlder ? 0 : Expiry(reply.attr_valid, reply.attr_valid_nsec), evictCtr: 0);
        if (inode.Size != reply.attr.size)
            inode.Pages.Clear();
        inode.Size = reply.attr.size;
        return 0;
    }

    /// <summary>The inode's lock is held around notify_change().</summary>
    private async KernelTask<VfsResult> LockedSetAttrAsync(
        Dentry dentry, fuse_setattr_in arguments, OpenFile? file)
    {
        KernelLock held = dentry.Inode!.Lock;
        await held.AcquireAsync(exclusive: true);
        try
        {
            return await SetAttrAsync(dentry, arguments, file);
        }
        finally
        {
            held.Release(exclusive: true);
        }
    }

    /// <summary>chmod(): the type bits go along, as iattr has them.</summary>
    private KernelTask<VfsResult> ChModAsync(VfsCall call) => AtObjectAsync(
        call.Path,
        async dentry => dentry.Inode!.IsSymlink
            ? VfsResult.Failure((int)Errno.EOPNOTSUPP)
            : await LockedSetAttrAsync(
            dentry,
            new()
            {
                valid = (uint)FuseSetattrValid.FATTR_MODE,
                mode = (call.Mode & FileModes.PermissionMask)
                    | (dentry.Inode!.Mode & FileModes.TypeMask),
            },
            null));

    private KernelTask<VfsResult> ChGrpAsync(VfsCall call) => AtObjectAsync(
        call.Path,
        dentry => LockedSetAttrAsync(
            dentry,
            new() { valid = (uint)FuseSetattrValid.FATTR_GID, gid = call.Mode },
            null));

    private KernelTask<VfsResult> UTimesAsync(VfsCall call) => AtObjectAsync(
        call.Path,
        dentry => LockedSetAttrAsync(
            dentry,
            new()
            {
                valid = (uint)(FuseSetattrValid.FATTR_ATIME | FuseSetattrValid.FATTR_MTIME),
                atime = (ulong)call.Size,
                mtime = (ulong)call.Size,
            },
            null));

    /// <summary>vfs_truncate(): a regular file, which may be written.</summary>
    private KernelTask<VfsResult> TruncateAsync(VfsCall call) => AtObjectAsync(
        call.Path,
        async dentry =>
        {
            KernelInode inode = dentry.Inode!;
            if (inode.IsDirectory)
                return VfsResult.Failure((int)Errno.EISDIR);
            if (!inode.IsRegular)
                return VfsResult.Failure((int)Errno.EINVAL);
            int errno = await PermissionAsync(inode, MayWrite);
            return errno != 0
                ? VfsResult.Failure(errno)
                : await LockedSetAttrAsync(dentry, SizeOf(call.Size), null);
        });

    /// <summary>
    /// A new size alone: neither truncate() nor ftruncate() sends a time (update_mtime()).
    /// </summary>
    private static fuse_setattr_in SizeOf(int bytes) => new()
    {
        valid = (uint)FuseSetattrValid.FATTR_SIZE,
        size = (ulong)bytes,
    };

    private async KernelTask<VfsResult> FTruncateAsync(VfsCall call)
    {
        if (FileAt(call.Slot) is not { } file || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        if (!file.Dentry.Inode!.IsRegular || !file.MayWrite)
            return VfsResult.Failure((int)Errno.EINVAL);
        return await LockedSetAttrAsync(file.Dentry, SizeOf(call.Size), file);
    }

    private KernelTask<VfsResult> GetXattrAsync(VfsCall call) => AtObjectAsync(
        call.Path, dentry => GetXattrAsync(dentry.Inode!, call.Path2, call.Size));

    /// <summary>
    /// vfs_getxattr() and fuse_getxattr(); no permission is asked for "user." as root.
    /// </summary>
    private async KernelTask<VfsResult> GetXattrAsync(KernelInode inode, string name, int room)
    {
        int errno = await XattrPermissionAsync(inode, MayRead);
        if (errno != 0)
            return VfsResult.Failure(errno);
        if (IsBad(inode))
            return VfsResult.Failure((int)Errno.EIO);
        if (_conn.Unsupported.Contains(FuseOpcode.FUSE_GETXATTR))
            return VfsResult.Failure((int)Errno.EOPNOTSUPP);
        KernelAnswer answer = await AskAsync(
            FuseOpcode.FUSE_GETXATTR, inode,
            Bytes(new fuse_getxattr_in { size = (uint)room }, name), XattrRoom(room));
        return XattrResult(answer, room);
    }

    private KernelTask<VfsResult> ListXattrAsync(VfsCall call) => AtObjectAsync(
        call.Path,
        async dentry =>
        {
            if (IsBad(dentry.Inode!))
                return VfsResult.Failure((int)Errno.EIO);
            if (_conn.Unsupported.Contains(FuseOpcode.FUSE_LISTXATTR))
                return VfsResult.Failure((int)Errno.EOPNOTSUPP);
            KernelAnswer answer = await AskAsync(
                FuseOpcode.FUSE_LISTXATTR, dentry.Inode!,
                Bytes(new fuse_getxattr_in { size = (uint)call.Size }), XattrRoom(call.Size));
            VfsResult result = XattrResult(answer, call.Size);
            bool broken = call.Size > 0 && answer.Body.Length > 0 && !IsNameList(answer.Body);
            return result.Errno == 0 && broken ? VfsResult.Failure((int)Errno.EIO) : result;
        });

    /// <summary>fuse_verify_xattr_list(): names that are not empty, each with its NUL.</summary>
    private static bool IsNameList(ReadOnlySpan<byte> list)
    {
        while (list.Length > 0)
        {
            int end = list.IndexOf((byte)0);
            if (end <= 0)
                return false;
            list = list[(end + 1)..];
        }

        return true;
    }

    private static ReplyRoom XattrRoom(int room) =>
        room > 0 ? ReplyRoom.UpTo(room) : RoomOf<fuse_getxattr_out>();

    private static VfsResult XattrResult(in KernelAnswer answer, int room)
    {
        if (answer.Errno == (int)Errno.ENOSYS)
            return VfsResult.Failure((int)Errno.EOPNOTSUPP);
        if (answer.Errno != 0)
            return VfsResult.Failure(answer.Errno);
        if (room > 0)
        {
            return new VfsResult(0, answer.Body.Length)
            {
                Data = Convert.ToHexStringLower(answer.Body),
            };
        }

        uint size = MemoryMarshal.Read<fuse_getxattr_out>(answer.Body).size;
        return new VfsResult(0, Math.Min(size, XattrFlags.MaxValueBytes));
    }

    private KernelTask<VfsResult> SetXattrAsync(VfsCall call) => AtObjectAsync(
        call.Path,
        async dentry =>
        {
            byte[] value = Pattern(call.Size, call.Offset);
            fuse_setxattr_in arguments = new()
            {
                size = (uint)value.Length,
                flags = (uint)call.Flags,
            };
            byte[] head = Bytes(arguments);
            if (!_conn.SetxattrExt)
                head = head[..FuseConstants.FUSE_COMPAT_SETXATTR_IN_SIZE];
            return await ChangeXattrAsync(
                dentry.Inode!, FuseOpcode.FUSE_SETXATTR,
                [.. head, .. Bytes(call.Path2), .. value]);
        });

    private KernelTask<VfsResult> RemoveXattrAsync(VfsCall call) => AtObjectAsync(
        call.Path,
        dentry => ChangeXattrAsync(
            dentry.Inode!, FuseOpcode.FUSE_REMOVEXATTR, Bytes(call.Path2)));

    private async KernelTask<VfsResult> ChangeXattrAsync(
        KernelInode inode, FuseOpcode opcode, byte[] body)
    {
        await inode.Lock.AcquireAsync(exclusive: true);
        try
        {
            int errno = await XattrPermissionAsync(inode, MayWrite);
            if (errno != 0)
                return VfsResult.Failure(errno);
            if (IsBad(inode))
                return VfsResult.Failure((int)Errno.EIO);
            if (_conn.Unsupported.Contains(opcode))
                return VfsResult.Failure((int)Errno.EOPNOTSUPP);
            KernelAnswer answer = await AskAsync(opcode, inode, body, ReplyRoom.Nothing);
            if (answer.Errno == 0)
                inode.InvalMask |= StatxMask.CTime;
            return new VfsResult(
                answer.Errno == (int)Errno.ENOSYS ? (int)Errno.EOPNOTSUPP : answer.Errno);
        }
        finally
        {
            inode.Lock.Release(exclusive: true);
        }
    }

    /// <summary>
    /// xattr_permission() for a name "user.*": regular files and directories only (EPERM to
    /// change, (int)Errno.ENODATA to read), then the inode's own permission.
    /// </summary>
    private async KernelTask<int> XattrPermissionAsync(KernelInode inode, int mask)
    {
        if (!inode.IsRegular && !inode.IsDirectory)
            return mask == MayWrite ? (int)Errno.EPERM : (int)Errno.ENODATA;
        return await PermissionAsync(inode, mask);
    }
}
