using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// fuse_permission(), fuse_access() and fuse_get_link() (R15, R19; models fs/fuse/dir.c, v6.18).
/// </summary>
internal sealed class DirPermission(
    KernelFaults faults, Connection conn, Clock clock, Requests requests, InodeGet inodes,
    DirAttributes dirAttributes)
{
    /// <summary>R15, models fuse_permission().</summary>
    public async KernelTask<int> PermissionAsync(
        IInodeOperations iops, FuseInode inode, int mask)
    {
        if (inodes.IsBad(inode))
            return (int)Errno.EIO;
        bool isExec = (mask & May.Exec) != 0;
        bool refreshed = false;
        if (conn.DefaultPermissions || (isExec && inode.IsRegular))
        {
            const uint Needed = StatxMask.Mode | StatxMask.Uid | StatxMask.Gid;
            if ((inode.InvalMask & Needed) != 0 || clock.IsExpired(inode.AttrExpiryNs))
            {
                refreshed = true;
                int errno = await PermGetAttrAsync(inode);
                if (errno != 0)
                    return errno;
            }
        }

        if (conn.DefaultPermissions)
        {
            if (faults.Has(KernelFault.PermissionsUnchecked))
                return 0;
            int denied = await NameiPermission.GenericPermissionAsync(
                iops, conn.Current, inode, mask);
            if (denied != (int)Errno.EACCES || refreshed || faults.Has(KernelFault.DenialFinal))
                return denied;
            int errno = await PermGetAttrAsync(inode);
            return errno != 0
                ? errno
                : await NameiPermission.GenericPermissionAsync(
                iops, conn.Current, inode, mask);
        }

        if ((mask & (May.Access | May.Chdir)) != 0)
            return await AskAccessAsync(inode, mask);
        if (isExec && inode.IsRegular && (inode.Mode & FileModes.ExecuteMask) == 0)
        {
            if (refreshed)
                return (int)Errno.EACCES;
            int errno = await PermGetAttrAsync(inode);
            bool mayNobody = (inode.Mode & FileModes.ExecuteMask) == 0;
            return errno != 0 ? errno : mayNobody ? (int)Errno.EACCES : 0;
        }

        return 0;
    }

    /// <summary>fuse_perm_getattr().</summary>
    private async KernelTask<int> PermGetAttrAsync(FuseInode inode)
    {
        inode.ForgetAcls();
        (int errno, _) = await dirAttributes.GetAttrAsync(inode, null);
        return errno;
    }

    private async KernelTask<int> AskAccessAsync(FuseInode inode, int mask)
    {
        if (conn.Unsupported.Contains(FuseOpcode.FUSE_ACCESS))
            return 0;
        fuse_access_in arguments = new()
        {
            mask = (uint)(mask & (May.Read | May.Write | May.Exec)),
        };
        KernelAnswer answer = await requests.AskAsync(
            FuseOpcode.FUSE_ACCESS, inode, FuseArgs.Bytes(arguments), ReplyRoom.Nothing);
        return answer.Errno == (int)Errno.ENOSYS ? 0 : answer.Errno;
    }

    /// <summary>fuse_get_link() without FUSE_CACHE_SYMLINKS.</summary>
    public async KernelTask<(string? Target, int Errno)> GetLinkAsync(FuseInode inode)
    {
        if (inodes.IsBad(inode))
            return (null, (int)Errno.EIO);
        KernelAnswer answer = await requests.SendAsync(
            FuseOpcode.FUSE_READLINK, inode, [], ReplyRoom.UpTo(ReplyRoom.LinkBytes));
        if (!faults.Has(KernelFault.ReadLinkKeepsATime))
            inode.InvalMask |= StatxMask.ATime;
        if (answer.Errno != 0)
            return (null, answer.Errno);
        int end = Array.IndexOf(answer.Body, (byte)0);
        ReadOnlySpan<byte> target = end < 0 ? answer.Body : answer.Body.AsSpan(0, end);
        return (System.Text.Encoding.Latin1.GetString(target), 0);
    }
}
