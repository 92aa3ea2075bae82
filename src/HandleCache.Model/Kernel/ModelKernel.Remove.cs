using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>Names that go or move: UNLINK, RMDIR, RENAME, RENAME2 (R13).</summary>
public sealed partial class ModelKernel
{

    private KernelTask<VfsResult> UnlinkAsync(VfsCall call) =>
        RetryStaleAsync(LookupFlags.None, flags => UnlinkOnceAsync(call.Path, flags));

    /// <summary>do_unlinkat() and vfs_unlink().</summary>
    private async KernelTask<Attempt> UnlinkOnceAsync(string path, LookupFlags flags)
    {
        (Walk? walk, int errno) = await ResolveParentAsync(path, flags);
        if (walk is null)
            return Attempt.WalkFailed(errno);
        Dentry directory = walk.Here;
        KernelInode? victim = null;
        if (walk.Kind != LastKind.Norm)
        {
            errno = (int)Errno.EISDIR;
        }
        else
        {
            errno = await LockedAsync(directory, async () =>
            {
                (Dentry? dentry, int failed) = await LookupLockedAsync(
                    directory, walk.Last, flags);
                if (dentry is null)
                    return failed;
                if (walk.HasTrailingSlash)
                {
                    failed = dentry.IsDirectory ? (int)Errno.EISDIR : (int)Errno.ENOTDIR;
                    _dcache.Put(dentry);
                    return failed;
                }

                victim = Hold(dentry.Inode!);
                failed = await MayDeleteAsync(directory, dentry, wantsDirectory: false);
                if (failed == 0)
                    failed = await RemoveAsync(FuseOpcode.FUSE_UNLINK, directory, dentry);
                if (failed == 0)
                    _dcache.Delete(dentry);
                _dcache.Put(dentry);
                return failed;
            });
        }

        if (victim is not null)
            PutInode(victim);
        _dcache.Put(directory);
        return new VfsResult(errno);
    }

    private KernelTask<VfsResult> RmDirAsync(VfsCall call) =>
        RetryStaleAsync(LookupFlags.None, flags => RmDirOnceAsync(call.Path, flags));

    /// <summary>do_rmdir() and vfs_rmdir().</summary>
    private async KernelTask<Attempt> RmDirOnceAsync(string path, LookupFlags flags)
    {
        (Walk? walk, int errno) = await ResolveParentAsync(path, flags);
        if (walk is null)
            return Attempt.WalkFailed(errno);
        Dentry directory = walk.Here;
        errno = walk.Kind switch
        {
            LastKind.DotDot => (int)Errno.ENOTEMPTY,
            LastKind.Dot => (int)Errno.EINVAL,
            LastKind.Root => (int)Errno.EBUSY,
            _ => await LockedAsync(directory, async () =>
            {
                (Dentry? dentry, int failed) = await LookupLockedAsync(
                    directory, walk.Last, flags);
                if (dentry is null)
                    return failed;
                failed = await MayDeleteAsync(directory, dentry, wantsDirectory: true);
                if (failed == 0)
                    failed = await RemoveLockedAsync(directory, dentry);
                if (failed == 0)
                    _dcache.Delete(dentry);
                _dcache.Put(dentry);
                return failed;
            }),
        };
        _dcache.Put(directory);
        return new VfsResult(errno);
    }

    private async KernelTask<int> RemoveLockedAsync(Dentry directory, Dentry dentry)
    {
        KernelInode victim = dentry.Inode!;
        await victim.Lock.AcquireAsync(exclusive: true);
        int errno = await RemoveAsync(FuseOpcode.FUSE_RMDIR, directory, dentry);
        if (errno == 0)
        {
            _dcache.ShrinkBelow(dentry);
            victim.IsDead = true;
        }

        victim.Lock.Release(exclusive: true);
        return errno;
    }

    /// <summary>may_delete(), for root.</summary>
    private async KernelTask<int> MayDeleteAsync(
        Dentry directory, Dentry dentry, bool wantsDirectory)
    {
        KernelInode dir = directory.Inode!;
        int errno = await PermissionAsync(dir, MayWrite | MayExec);
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

    /// <summary>R13, models fuse_unlink() and fuse_rmdir().</summary>
    private async KernelTask<int> RemoveAsync(FuseOpcode opcode, Dentry directory, Dentry dentry)
    {
        KernelInode dir = directory.Inode!;
        if (IsBad(dir))
            return (int)Errno.EIO;
        KernelAnswer answer = await SendAsync(
            opcode, dir, Bytes(dentry.Name), ReplyRoom.Nothing);
        if (answer.Errno == 0)
        {
            DirectoryChanged(dir);
            EntryUnlinked(dentry);
        }
        else if (answer.Errno is (int)Errno.EINTR or (int)Errno.ENOENT)
        {
            InvalidateEntry(dentry);
        }

        return answer.Errno;
    }

    /// <summary>fuse_entry_unlinked().</summary>
    private void EntryUnlinked(Dentry dentry)
    {
        KernelInode inode = dentry.Inode!;
        inode.AttrVersion = NextAttrVersion();
        if (inode.IsDirectory)
            inode.NLink = 0;
        else if (inode.NLink > 0 && !_faults.Has(KernelFault.UnlinkKeepsNLink))
            inode.NLink--;
        if (!_faults.Has(KernelFault.UnlinkedNameStaysValid))
            dentry.ExpiryNs = 0;
        inode.InvalMask |= StatxMask.CTime;
    }

    private KernelTask<VfsResult> RenameAsync(VfsCall call)
    {
        int flags = call.Flags;
        const uint Known = RenameFlags.NoReplace | RenameFlags.Exchange | RenameFlags.Whiteout;
        bool isInvalid = (flags & ~Known) != 0
            || ((flags & RenameFlags.Exchange) != 0
                && (flags & (RenameFlags.NoReplace | RenameFlags.Whiteout)) != 0);
        return RetryStaleAsync(
            LookupFlags.None,
            async how => isInvalid
                ? Attempt.WalkFailed((int)Errno.EINVAL)
                : await RenameOnceAsync(call, how));
    }

    /// <summary>do_renameat2(): both parents, both locks, both names.</summary>
    private async KernelTask<Attempt> RenameOnceAsync(VfsCall call, LookupFlags how)
    {
        (Walk? from, int errno) = await ResolveParentAsync(call.Path, how);
        if (from is null)
            return Attempt.WalkFailed(errno);
        (Walk? to, errno) = await ResolveParentAsync(call.Path2, how);
        if (to is null)
        {
            _dcache.Put(from.Here);
            return Attempt.WalkFailed(errno);
        }

        if (from.Kind != LastKind.Norm)
            errno = (int)Errno.EBUSY;
        else if (to.Kind != LastKind.Norm)
            errno = (int)((call.Flags & RenameFlags.NoReplace) != 0 ? Errno.EEXIST : Errno.EBUSY);
        else
            errno = await LockedRenameAsync(from, to, call.Flags, how);
        _dcache.Put(to.Here);
        _dcache.Put(from.Here);
        return new VfsResult(errno);
    }

    /// <summary>lock_rename(): one lock, or both with the ancestor first.</summary>
    private async KernelTask<int> LockedRenameAsync(Walk from, Walk to, int flags, LookupFlags how)
    {
        Dentry first = to.Here;
        Dentry second = from.Here;
        if (DentryCache.IsAncestor(second, first))
            (first, second) = (second, first);
        if (second != first)
            await _dcache.RenameMutex.AcquireAsync(exclusive: true);
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
                _dcache.RenameMutex.Release(exclusive: true);
        }
    }

    private async KernelTask<int> RenameNamesAsync(Walk from, Walk to, int flags, LookupFlags how)
    {
        bool isExchange = (flags & RenameFlags.Exchange) != 0;
        LookupFlags target = isExchange
            ? LookupFlags.None
            : LookupFlags.RenameTarget | LookupFlags.Create;
        if ((flags & RenameFlags.NoReplace) != 0)
            target |= LookupFlags.Excl;
        (Dentry? old, int errno) = await LookupLockedAsync(from.Here, from.Last, how);
        if (old is null)
            return errno;
        (Dentry? fresh, errno) = await LookupLockedAsync(to.Here, to.Last, how | target);
        if (fresh is null)
        {
            _dcache.Put(old);
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
            errno = await RenameAsync(from.Here, old, to.Here, fresh, flags);
        _dcache.Put(fresh);
        _dcache.Put(old);
        return errno;
    }

    /// <summary>vfs_rename().</summary>
    private async KernelTask<int> RenameAsync(
        Dentry oldDirectory, Dentry old, Dentry newDirectory, Dentry fresh, int flags)
    {
        KernelInode source = old.Inode!;
        KernelInode? target = fresh.Inode;
        bool isExchange = (flags & RenameFlags.Exchange) != 0;
        if (source == target)
            return 0;
        int errno = await MayDeleteAsync(oldDirectory, old, source.IsDirectory);
        if (errno != 0)
            return errno;
        if (target is null)
            errno = await MayCreateAsync(newDirectory);
        else
            errno = await MayDeleteAsync(
                newDirectory, fresh, isExchange ? target.IsDirectory : source.IsDirectory);
        if (errno == 0 && oldDirectory != newDirectory)
        {
            if (source.IsDirectory)
                errno = await PermissionAsync(source, MayWrite);
            if (errno == 0 && isExchange && target!.IsDirectory)
                errno = await PermissionAsync(target, MayWrite);
        }

        if (errno != 0)
            return errno;
        errno = await SendRenameAsync(oldDirectory, old, newDirectory, fresh, flags);
        if (errno != 0)
            return errno;
        if (!isExchange && target is { IsDirectory: true })
        {
            _dcache.ShrinkBelow(fresh);
            target.IsDead = true;
        }

        if (isExchange)
            _dcache.Exchange(old, fresh);
        else
            _dcache.Move(old, fresh);
        return 0;
    }

    /// <summary>Models fuse_rename2() and fuse_rename_common().</summary>
    private async KernelTask<int> SendRenameAsync(
        Dentry oldDirectory, Dentry old, Dentry newDirectory, Dentry fresh, int flags)
    {
        KernelInode from = oldDirectory.Inode!;
        KernelInode to = newDirectory.Inode!;
        if (IsBad(from))
            return (int)Errno.EIO;
        FuseOpcode opcode = flags == 0 ? FuseOpcode.FUSE_RENAME : FuseOpcode.FUSE_RENAME2;
        if (_conn.Unsupported.Contains(FuseOpcode.FUSE_RENAME2) && flags != 0)
            return (int)Errno.EINVAL;
        byte[] body = flags == 0
            ? Bytes(new fuse_rename_in { newdir = to.NodeId }, old.Name, fresh.Name)
            : Bytes(
                new fuse_rename2_in { newdir = to.NodeId, flags = (uint)flags },
                old.Name, fresh.Name);
        KernelAnswer answer = await AskAsync(opcode, from, body, ReplyRoom.Nothing);
        if (answer.Errno == 0)
        {
            if (!_faults.Has(KernelFault.RenameKeepsCTime))
                old.Inode!.InvalMask |= StatxMask.CTime;
            if ((flags & RenameFlags.Exchange) != 0)
                fresh.Inode!.InvalMask |= StatxMask.CTime;
            DirectoryChanged(from);
            if (from != to)
                DirectoryChanged(to);
            if ((flags & RenameFlags.Exchange) == 0 && !fresh.IsNegative)
                EntryUnlinked(fresh);
        }
        else if (answer.Errno is (int)Errno.EINTR or (int)Errno.ENOENT)
        {
            InvalidateEntry(old);
            if (!fresh.IsNegative)
                InvalidateEntry(fresh);
        }

        return answer.Errno == (int)Errno.ENOSYS && flags != 0
            ? (int)Errno.EINVAL
            : answer.Errno;
    }
}
