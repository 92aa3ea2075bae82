using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// Names that move: renameat2(2), lock_rename() and vfs_rename() (models fs/namei.c, v6.18).
/// </summary>
internal sealed class NameiRename(
    DentryCache dcache, IInodeOperations iops, Namei namei, NameiLookup lookup,
    NameiPermission permission)
{
    public KernelTask<VfsResult> RenameAsync(VfsCall call)
    {
        int flags = call.Flags;
        const uint Known = RenameFlags.NoReplace | RenameFlags.Exchange | RenameFlags.Whiteout;
        bool isInvalid = (flags & ~Known) != 0
            || ((flags & RenameFlags.Exchange) != 0
                && (flags & (RenameFlags.NoReplace | RenameFlags.Whiteout)) != 0);
        return NameiRetry.RetryStaleAsync(
            LookupFlags.None,
            async how => isInvalid
                ? Attempt.WalkFailed((int)Errno.EINVAL)
                : await RenameOnceAsync(call, how));
    }

    /// <summary>do_renameat2(): both parents, both locks, both names.</summary>
    private async KernelTask<Attempt> RenameOnceAsync(VfsCall call, LookupFlags how)
    {
        (Nameidata? from, int errno) = await namei.ResolveParentAsync(call.Path, how);
        if (from is null)
            return Attempt.WalkFailed(errno);
        (Nameidata? to, errno) = await namei.ResolveParentAsync(call.Path2, how);
        if (to is null)
        {
            dcache.Put(from.Here);
            return Attempt.WalkFailed(errno);
        }

        if (from.Kind != LastKind.Norm)
            errno = (int)Errno.EBUSY;
        else if (to.Kind != LastKind.Norm)
            errno = (int)((call.Flags & RenameFlags.NoReplace) != 0 ? Errno.EEXIST : Errno.EBUSY);
        else
            errno = await LockedRenameAsync(from, to, call.Flags, how);
        dcache.Put(to.Here);
        dcache.Put(from.Here);
        return new VfsResult(errno);
    }

    /// <summary>lock_rename(): one lock, or both with the ancestor first.</summary>
    private async KernelTask<int> LockedRenameAsync(
        Nameidata from, Nameidata to, int flags, LookupFlags how)
    {
        Dentry first = to.Here;
        Dentry second = from.Here;
        if (DentryCache.IsAncestor(second, first))
            (first, second) = (second, first);
        if (second != first)
            await dcache.RenameMutex.AcquireAsync(exclusive: true);
        await first.Inode!.Lock.AcquireAsync(exclusive: true);
        if (second != first)
            await second.Inode!.Lock.AcquireAsync(exclusive: true);
        try
        {
            return await RenameNamesAsync(from, to, flags, how);
        }
        finally
        {
            if (second != first)
                second.Inode!.Lock.Release(exclusive: true);
            first.Inode!.Lock.Release(exclusive: true);
            if (second != first)
                dcache.RenameMutex.Release(exclusive: true);
        }
    }

    private async KernelTask<int> RenameNamesAsync(
        Nameidata from, Nameidata to, int flags, LookupFlags how)
    {
        bool isExchange = (flags & RenameFlags.Exchange) != 0;
        LookupFlags target = isExchange
            ? LookupFlags.None
            : LookupFlags.RenameTarget | LookupFlags.Create;
        if ((flags & RenameFlags.NoReplace) != 0)
            target |= LookupFlags.Excl;
        (Dentry? old, int errno) = await lookup.LookupLockedAsync(from.Here, from.Last, how);
        if (old is null)
            return errno;
        (Dentry? fresh, errno) = await lookup.LookupLockedAsync(to.Here, to.Last, how | target);
        if (fresh is null)
        {
            dcache.Put(old);
            return errno;
        }

        if (isExchange && !fresh.IsDirectory && to.HasTrailingSlash)
            errno = (int)Errno.ENOTDIR;
        else if (!old.IsDirectory
            && (from.HasTrailingSlash || (!isExchange && to.HasTrailingSlash)))
            errno = (int)Errno.ENOTDIR;
        else if (old != to.Here && DentryCache.IsAncestor(old, to.Here)
            || old == to.Here)
            errno = (int)Errno.EINVAL;
        else if (DentryCache.IsAncestor(fresh, from.Here) && fresh != from.Here
            || fresh == from.Here)
            errno = isExchange ? (int)Errno.EINVAL : (int)Errno.ENOTEMPTY;
        else
            errno = await VfsRenameAsync(from.Here, old, to.Here, fresh, flags);
        dcache.Put(fresh);
        dcache.Put(old);
        return errno;
    }

    /// <summary>vfs_rename().</summary>
    private async KernelTask<int> VfsRenameAsync(
        Dentry oldDirectory, Dentry old, Dentry newDirectory, Dentry fresh, int flags)
    {
        Inode source = old.Inode!;
        Inode? target = fresh.Inode;
        bool isExchange = (flags & RenameFlags.Exchange) != 0;
        if (source == target)
            return 0;
        int errno = await permission.MayDeleteAsync(oldDirectory, old, source.IsDirectory);
        if (errno != 0)
            return errno;
        if (target is null)
            errno = await permission.MayCreateAsync(newDirectory);
        else
            errno = await permission.MayDeleteAsync(
                newDirectory, fresh, isExchange ? target.IsDirectory : source.IsDirectory);
        if (errno == 0 && oldDirectory != newDirectory)
        {
            if (source.IsDirectory)
                errno = await iops.PermissionAsync(source, May.Write);
            if (errno == 0 && isExchange && target!.IsDirectory)
                errno = await iops.PermissionAsync(target, May.Write);
        }

        if (errno != 0)
            return errno;
        List<Inode> locked =
            ChildrenToLock(source, target, isCross: oldDirectory != newDirectory, isExchange);
        foreach (Inode child in locked)
            await child.Lock.AcquireAsync(exclusive: true);
        try
        {
            return await MoveAsync(oldDirectory, old, newDirectory, fresh, flags);
        }
        finally
        {
            for (int i = locked.Count - 1; i >= 0; i--)
                locked[i].Lock.Release(exclusive: true);
        }
    }

    /// <summary>
    /// What vfs_rename() locks beside the parents: a directory that gets another parent or is
    /// replaced, and whatever is none, after the directories.
    /// </summary>
    private static List<Inode> ChildrenToLock(
        Inode source, Inode? target, bool isCross, bool isExchange)
    {
        List<Inode> directories = [];
        List<Inode> others = [];
        if (!source.IsDirectory)
            others.Add(source);
        else if (isCross)
            directories.Add(source);
        if (target is { IsDirectory: false })
            others.Add(target);
        else if (target is not null && (isCross || !isExchange))
            directories.Add(target);
        return [.. directories, .. others];
    }

    private async KernelTask<int> MoveAsync(
        Dentry oldDirectory, Dentry old, Dentry newDirectory, Dentry fresh, int flags)
    {
        Inode? target = fresh.Inode;
        bool isExchange = (flags & RenameFlags.Exchange) != 0;
        int errno = await iops.RenameAsync(oldDirectory, old, newDirectory, fresh, flags);
        if (errno != 0)
            return errno;
        if (!isExchange && target is { IsDirectory: true })
        {
            dcache.ShrinkBelow(fresh);
            target.IsDead = true;
        }

        if (isExchange)
            dcache.Exchange(old, fresh);
        else
            dcache.Move(old, fresh);
        return 0;
    }
}
