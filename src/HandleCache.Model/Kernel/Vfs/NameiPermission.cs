using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// What a caller may do, as root: may_open(), may_create(), may_delete(), may_linkat() and
/// generic_permission() (models fs/namei.c, v6.18).
/// </summary>
internal sealed class NameiPermission(IInodeOperations iops, bool protectedHardlinks)
{
    /// <summary>
    /// generic_permission() for root: all but execution of what nobody may execute.
    /// </summary>
    public static bool GenericPermission(Inode inode, int mask) =>
        inode.IsDirectory || (mask & May.Exec) == 0 || (inode.Mode & FileModes.ExecuteMask) != 0;

    /// <summary>may_open(): what kinds can be opened, and the inode's permission.</summary>
    public async KernelTask<int> MayOpenAsync(Inode inode, int flags, bool isCreated)
    {
        int access = (flags & 3) switch
        {
            0 => May.Read,
            1 => May.Write,
            _ => May.Read | May.Write,
        };
        if ((flags & OpenFlags.Truncate) != 0)
            access |= May.Write;
        if (isCreated)
            access = 0;
        switch (inode.Mode & FileModes.TypeMask)
        {
            case FileModes.Symlink:
                return (int)Errno.ELOOP;
            case FileModes.Directory when (access & May.Write) != 0:
                return (int)Errno.EISDIR;
            case 0x2000 or 0x6000:
                return (int)Errno.EACCES;
            default:
                return await iops.PermissionAsync(inode, May.Open | access);
        }
    }

    /// <summary>may_create(): the directory lives and may be written.</summary>
    public async KernelTask<int> MayCreateAsync(Dentry directory) => directory.Inode!.IsDead
        ? (int)Errno.ENOENT
        : await iops.PermissionAsync(directory.Inode, May.Write | May.Exec);

    /// <summary>may_delete(), for root.</summary>
    public async KernelTask<int> MayDeleteAsync(
        Dentry directory, Dentry dentry, bool wantsDirectory)
    {
        Inode dir = directory.Inode!;
        int errno = await iops.PermissionAsync(dir, May.Write | May.Exec);
        if (errno != 0)
            return errno;
        if (wantsDirectory && !dentry.IsDirectory)
            return (int)Errno.ENOTDIR;
        if (wantsDirectory && dentry.IsRoot)
            return (int)Errno.EBUSY;
        if (!wantsDirectory && dentry.IsDirectory)
            return (int)Errno.EISDIR;
        return dir.IsDead ? (int)Errno.ENOENT : 0;
    }

    /// <summary>
    /// may_linkat() with protected_hardlinks: what the running kernel taught is that the source's
    /// permission is looked at (which may ask for attributes) though root may link anything.
    /// </summary>
    public async KernelTask<int> LookAtLinkSourceAsync(Inode inode)
    {
        const uint SetUid = 0x800;
        const uint SetGidExec = FileModes.SetGid | FileModes.GroupExecute;
        bool isUnsafe = !inode.IsRegular || (inode.Mode & SetUid) != 0
            || (inode.Mode & SetGidExec) == SetGidExec;
        return !protectedHardlinks || isUnsafe
            ? 0
            : await iops.PermissionAsync(inode, May.Read | May.Write);
    }
}
