using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// What a caller may do: may_open(), may_create(), may_delete(), may_linkat() and
/// generic_permission() (models fs/namei.c, v6.18).
/// </summary>
internal sealed class NameiPermission(
    IInodeOperations iops, Current current, bool protectedHardlinks)
{
    /// <summary>generic_permission(): the mode, the access control list, capabilities.</summary>
    public static async KernelTask<int> GenericPermissionAsync(
        IInodeOperations iops, Current current, Inode inode, int mask)
    {
        int errno = await CheckAclsAsync(iops, current, inode, mask);
        if (errno != (int)Errno.EACCES || !current.IsCapable)
            return errno;
        bool isExecutable = inode.IsDirectory || (inode.Mode & FileModes.ExecuteMask) != 0;
        return (mask & May.Exec) == 0 || isExecutable ? 0 : errno;
    }

    /// <summary>acl_permission_check(): owner, list, group, others.</summary>
    private static async KernelTask<int> CheckAclsAsync(
        IInodeOperations iops, Current current, Inode inode, int mask)
    {
        const uint AllOfThree = 0x49;
        const uint GroupMask = 0x38;
        int want = mask & (May.Read | May.Write | May.Exec);
        bool isKnownToBeNone = inode.IsAclCached && inode.Acl is null;
        if (((uint)want * AllOfThree & ~inode.Mode) == 0 && isKnownToBeNone)
            return 0;
        if (inode.Uid == current.FsUid)
            return Granted(inode.Mode >> 6, want);
        if ((inode.Mode & GroupMask) != 0)
        {
            (PosixAcl? acl, int errno) = await iops.GetInodeAclAsync(inode);
            if (errno != 0)
                return errno;
            if (acl is not null)
                return acl.Permission(current, inode, mask);
        }

        return Granted(current.IsInGroup(inode.Gid) ? inode.Mode >> 3 : inode.Mode, want);
    }

    private static int Granted(uint mode, int want) =>
        ((uint)want & ~mode) == 0 ? 0 : (int)Errno.EACCES;

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

    /// <summary>may_delete().</summary>
    public async KernelTask<int> MayDeleteAsync(
        Dentry directory, Dentry dentry, bool wantsDirectory)
    {
        Inode dir = directory.Inode!;
        int errno = await iops.PermissionAsync(dir, May.Write | May.Exec);
        if (errno != 0)
            return errno;
        if (IsKeptBySticky(dir, dentry.Inode!))
            return (int)Errno.EPERM;
        if (wantsDirectory && !dentry.IsDirectory)
            return (int)Errno.ENOTDIR;
        if (wantsDirectory && dentry.IsRoot)
            return (int)Errno.EBUSY;
        if (!wantsDirectory && dentry.IsDirectory)
            return (int)Errno.EISDIR;
        return dir.IsDead ? (int)Errno.ENOENT : 0;
    }

    /// <summary>check_sticky().</summary>
    private bool IsKeptBySticky(Inode dir, Inode victim) =>
        (dir.Mode & FileModes.Sticky) != 0 && victim.Uid != current.FsUid
        && !current.OwnsOrIsCapable(dir);

    /// <summary>
    /// may_linkat() with protected_hardlinks: the source's permission is looked at (which may ask
    /// for attributes) though its owner and root may link anything.
    /// </summary>
    public async KernelTask<int> MayLinkAsync(Inode inode)
    {
        const uint SetGidExec = FileModes.SetGid | FileModes.GroupExecute;
        if (!protectedHardlinks)
            return 0;
        bool isSafe = inode.IsRegular && (inode.Mode & FileModes.SetUid) == 0
            && (inode.Mode & SetGidExec) != SetGidExec
            && await iops.PermissionAsync(inode, May.Read | May.Write) == 0;
        return isSafe || current.OwnsOrIsCapable(inode) ? 0 : (int)Errno.EPERM;
    }
}
