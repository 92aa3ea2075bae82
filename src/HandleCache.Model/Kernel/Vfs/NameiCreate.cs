using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// New names: filename_create(), mkdir(2), mknod(2), symlink(2) and link(2) (models fs/namei.c,
/// v6.18).
/// </summary>
internal sealed class NameiCreate(
    DentryCache dcache, IInodeOperations iops, Namei namei, NameiLookup lookup,
    NameiPermission permission, Current current, bool isSlashExclusive)
{
    public KernelTask<VfsResult> MkDirAsync(VfsCall call) => CreateAtAsync(
        call.Path, wantsDirectory: true,
        (directory, dentry) => iops.MkDirAsync(directory, dentry, call.Mode & 0x3FF));

    public KernelTask<VfsResult> MkNodAsync(VfsCall call) => CreateAtAsync(
        call.Path, wantsDirectory: false,
        (directory, dentry) => MkNodAsync(directory, dentry, call));

    /// <summary>vfs_mknod(): devices are for CAP_MKNOD.</summary>
    private async KernelTask<int> MkNodAsync(Dentry directory, Dentry dentry, VfsCall call)
    {
        bool isDevice = (call.Mode & FileModes.TypeMask)
            is FileModes.CharacterDevice or FileModes.BlockDevice;
        return isDevice && !current.IsCapable
            ? (int)Errno.EPERM
            : await iops.MkNodAsync(directory, dentry, call.Mode, (uint)call.Size);
    }

    public KernelTask<VfsResult> SymlinkAsync(VfsCall call) => CreateAtAsync(
        call.Path, wantsDirectory: false,
        (directory, dentry) => iops.SymlinkAsync(directory, dentry, call.Path2));

    /// <summary>linkat(): the old name first, then the new one's directory is locked.</summary>
    public KernelTask<VfsResult> LinkAsync(VfsCall call) => NameiRetry.RetryStaleAsync(
        LookupFlags.None,
        async flags =>
        {
            (Dentry? old, int errno) = await namei.ResolveAsync(call.Path, flags);
            if (old is null)
                return Attempt.WalkFailed(errno);
            try
            {
                return await CreateOnceAsync(
                    call.Path2, wantsDirectory: false, flags,
                    async (directory, dentry) =>
                    {
                        int failed = await permission.MayLinkAsync(old.Inode!);
                        if (failed == 0)
                            failed = await permission.MayCreateAsync(directory);
                        return failed != 0 ? failed : await VfsLinkAsync(old, directory, dentry);
                    },
                    checksDirectory: false);
            }
            finally
            {
                dcache.Put(old);
            }
        });

    /// <summary>vfs_link().</summary>
    private async KernelTask<int> VfsLinkAsync(Dentry old, Dentry directory, Dentry dentry)
    {
        Inode inode = old.Inode!;
        if (inode.IsDirectory)
            return (int)Errno.EPERM;
        await inode.Lock.AcquireAsync(exclusive: true);
        try
        {
            if (inode.NLink == 0)
                return (int)Errno.ENOENT;
            return await iops.LinkAsync(inode, directory, dentry);
        }
        finally
        {
            inode.Lock.Release(exclusive: true);
        }
    }

    private KernelTask<VfsResult> CreateAtAsync(
        string path, bool wantsDirectory, Func<Dentry, Dentry, KernelTask<int>> create) =>
        NameiRetry.RetryStaleAsync(
            LookupFlags.None, flags => CreateOnceAsync(path, wantsDirectory, flags, create));

    /// <summary>
    /// filename_create(): the parent, its lock, the name (which must be free), may_create(), and
    /// what is to be done.
    /// </summary>
    private async KernelTask<Attempt> CreateOnceAsync(
        string path, bool wantsDirectory, LookupFlags flags,
        Func<Dentry, Dentry, KernelTask<int>> create, bool checksDirectory = true)
    {
        (Nameidata? walk, int errno) = await namei.ResolveParentAsync(
            path, flags & LookupFlags.Reval);
        if (walk is null)
            return Attempt.WalkFailed(errno);
        Dentry directory = walk.Here;
        try
        {
            if (walk.Kind != LastKind.Norm)
                return Attempt.WalkFailed((int)Errno.EEXIST);
            LookupFlags how = flags & LookupFlags.Reval;
            bool mayBeNew = !walk.HasTrailingSlash || wantsDirectory;
            if (mayBeNew)
                how |= LookupFlags.Create;
            if (mayBeNew || isSlashExclusive)
                how |= LookupFlags.Excl;
            bool isFound = true;
            errno = await NameiLookup.LockedAsync(directory, async () =>
            {
                (Dentry? dentry, int failed) = await lookup.LookupLockedAsync(
                    directory, walk.Last, how);
                isFound = dentry is not null;
                if (dentry is null)
                    return failed;
                if (!dentry.IsNegative)
                {
                    // Looked up without LOOKUP_EXCL.
                    dcache.Put(dentry);
                    return (int)Errno.EEXIST;
                }

                failed = checksDirectory ? await permission.MayCreateAsync(directory) : 0;
                if (failed == 0)
                    failed = await create(directory, dentry);
                dcache.Put(dentry);
                return failed;
            });
            return isFound ? new VfsResult(errno) : Attempt.WalkFailed(errno);
        }
        finally
        {
            dcache.Put(directory);
        }
    }
}
