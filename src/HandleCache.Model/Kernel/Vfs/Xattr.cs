using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// Extended attributes: getxattr(2), setxattr(2), listxattr(2), removexattr(2) (models fs/xattr.c,
/// v6.18). Every name is one of "user.".
/// </summary>
internal sealed class Xattr(
    IInodeOperations iops, IXattrOperations xops, NameiRetry retry, bool ofSockets)
{
    /// <summary>vfs_getxattr().</summary>
    public KernelTask<VfsResult> GetAsync(VfsCall call) => retry.AtObjectAsync(
        call.Path,
        async dentry =>
        {
            int errno = await PermissionAsync(dentry.Inode!, May.Read);
            return errno != 0
                ? VfsResult.Failure(errno)
                : await xops.GetXattrAsync(dentry.Inode!, call.Path2, call.Size);
        });

    /// <summary>vfs_listxattr().</summary>
    public KernelTask<VfsResult> ListAsync(VfsCall call) => retry.AtObjectAsync(
        call.Path, dentry => xops.ListXattrAsync(dentry.Inode!, call.Size));

    /// <summary>vfs_setxattr().</summary>
    public KernelTask<VfsResult> SetAsync(VfsCall call) => retry.AtObjectAsync(
        call.Path,
        dentry => ChangeAsync(
            dentry.Inode!,
            inode => xops.SetXattrAsync(
                inode, call.Path2, ReadWrite.Pattern(call.Size, call.Offset), call.Flags)));

    /// <summary>vfs_removexattr().</summary>
    public KernelTask<VfsResult> RemoveAsync(VfsCall call) => retry.AtObjectAsync(
        call.Path,
        dentry => ChangeAsync(
            dentry.Inode!, inode => xops.RemoveXattrAsync(inode, call.Path2)));

    private async KernelTask<VfsResult> ChangeAsync(
        Inode inode, Func<Inode, KernelTask<int>> change)
    {
        await inode.Lock.AcquireAsync(exclusive: true);
        try
        {
            int errno = await PermissionAsync(inode, May.Write);
            return new VfsResult(errno != 0 ? errno : await change(inode));
        }
        finally
        {
            inode.Lock.Release(exclusive: true);
        }
    }

    /// <summary>
    /// xattr_permission() for a name "user.*": regular files, directories and, from 7.1 on, sockets
    /// only (EPERM to change, ENODATA to read), then the inode's own permission.
    /// </summary>
    private async KernelTask<int> PermissionAsync(Inode inode, int mask)
    {
        bool mayHave = inode.IsRegular || inode.IsDirectory
            || (ofSockets && (inode.Mode & FileModes.TypeMask) == FileModes.Socket);
        if (!mayHave)
            return mask == May.Write ? (int)Errno.EPERM : (int)Errno.ENODATA;
        return await iops.PermissionAsync(inode, mask);
    }
}
