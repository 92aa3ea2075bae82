using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>Names that go: unlink(2) and rmdir(2) (models fs/namei.c, v6.18).</summary>
internal sealed class NameiRemove(
    DentryCache dcache, IInodeOperations iops, Namei namei, NameiLookup lookup,
    NameiPermission permission)
{
    public KernelTask<VfsResult> UnlinkAsync(VfsCall call) =>
        NameiRetry.RetryStaleAsync(LookupFlags.None, flags => UnlinkOnceAsync(call.Path, flags));

    /// <summary>do_unlinkat() and vfs_unlink().</summary>
    private async KernelTask<Attempt> UnlinkOnceAsync(string path, LookupFlags flags)
    {
        (Nameidata? walk, int errno) = await namei.ResolveParentAsync(path, flags);
        if (walk is null)
            return Attempt.WalkFailed(errno);
        Dentry directory = walk.Here;
        Inode? victim = null;
        if (walk.Kind != LastKind.Norm)
        {
            errno = (int)Errno.EISDIR;
        }
        else
        {
            errno = await NameiLookup.LockedAsync(directory, async () =>
            {
                (Dentry? dentry, int failed) = await lookup.LookupLockedAsync(
                    directory, walk.Last, flags);
                if (dentry is null)
                    return failed;
                if (walk.HasTrailingSlash)
                {
                    failed = dentry.IsDirectory ? (int)Errno.EISDIR : (int)Errno.ENOTDIR;
                    dcache.Put(dentry);
                    return failed;
                }

                victim = dentry.Inode!;
                victim.Hold();
                failed = await permission.MayDeleteAsync(directory, dentry, wantsDirectory: false);
                if (failed == 0)
                    failed = await VfsUnlinkAsync(directory, dentry);
                dcache.Put(dentry);
                return failed;
            });
        }

        victim?.Put();
        dcache.Put(directory);
        return new VfsResult(errno);
    }

    /// <summary>vfs_unlink(): the victim's own lock, too.</summary>
    private async KernelTask<int> VfsUnlinkAsync(Dentry directory, Dentry dentry)
    {
        KernelLock held = dentry.Inode!.Lock;
        await held.AcquireAsync(exclusive: true);
        int errno = await iops.UnlinkAsync(directory, dentry);
        held.Release(exclusive: true);
        if (errno == 0)
            DentryCache.Delete(dentry);
        return errno;
    }

    public KernelTask<VfsResult> RmDirAsync(VfsCall call) =>
        NameiRetry.RetryStaleAsync(LookupFlags.None, flags => RmDirOnceAsync(call.Path, flags));

    /// <summary>do_rmdir() and vfs_rmdir().</summary>
    private async KernelTask<Attempt> RmDirOnceAsync(string path, LookupFlags flags)
    {
        (Nameidata? walk, int errno) = await namei.ResolveParentAsync(path, flags);
        if (walk is null)
            return Attempt.WalkFailed(errno);
        Dentry directory = walk.Here;
        errno = walk.Kind switch
        {
            LastKind.DotDot => (int)Errno.ENOTEMPTY,
            LastKind.Dot => (int)Errno.EINVAL,
            LastKind.Root => (int)Errno.EBUSY,
            _ => await NameiLookup.LockedAsync(directory, async () =>
            {
                (Dentry? dentry, int failed) = await lookup.LookupLockedAsync(
                    directory, walk.Last, flags);
                if (dentry is null)
                    return failed;
                failed = await permission.MayDeleteAsync(directory, dentry, wantsDirectory: true);
                if (failed == 0)
                    failed = await RemoveLockedAsync(directory, dentry);
                if (failed == 0)
                    DentryCache.Delete(dentry);
                dcache.Put(dentry);
                return failed;
            }),
        };
        dcache.Put(directory);
        return new VfsResult(errno);
    }

    private async KernelTask<int> RemoveLockedAsync(Dentry directory, Dentry dentry)
    {
        Inode victim = dentry.Inode!;
        await victim.Lock.AcquireAsync(exclusive: true);
        int errno = await iops.RmDirAsync(directory, dentry);
        if (errno == 0)
        {
            dcache.ShrinkBelow(dentry);
            victim.IsDead = true;
        }

        victim.Lock.Release(exclusive: true);
        return errno;
    }
}
