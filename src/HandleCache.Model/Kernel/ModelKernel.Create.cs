using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>New names: MKNOD, MKDIR, SYMLINK, LINK (R8).</summary>
public sealed partial class ModelKernel
{
    private KernelTask<VfsResult> MkDirAsync(VfsCall call) => CreateAtAsync(
        call.Path, wantsDirectory: true,
        (directory, dentry) => CreateEntryAsync(
            FuseOpcode.FUSE_MKDIR, directory, dentry,
            Bytes(new fuse_mkdir_in { mode = call.Mode & 0x3FF }, dentry.Name),
            FileModes.Directory));

    private KernelTask<VfsResult> MkNodAsync(VfsCall call) => CreateAtAsync(
        call.Path, wantsDirectory: false,
        (directory, dentry) => MkNodAsync(directory, dentry, call.Mode, (uint)call.Size));

    private KernelTask<int> MkNodAsync(Dentry directory, Dentry dentry, uint mode, uint rdev) =>
        CreateEntryAsync(
            FuseOpcode.FUSE_MKNOD, directory, dentry,
            Bytes(new fuse_mknod_in { mode = mode, rdev = rdev }, dentry.Name), mode);

    private KernelTask<VfsResult> SymlinkAsync(VfsCall call) => CreateAtAsync(
        call.Path, wantsDirectory: false,
        (directory, dentry) => CreateEntryAsync(
            FuseOpcode.FUSE_SYMLINK, directory, dentry, Bytes(dentry.Name, call.Path2),
            FileModes.Symlink));

    /// <summary>linkat(): the old name first, then the new one's directory is locked.</summary>
    private KernelTask<VfsResult> LinkAsync(VfsCall call) => RetryStaleAsync(
        LookupFlags.None,
        async flags =>
        {
            (Dentry? old, int errno) = await ResolveAsync(call.Path, flags);
            if (old is null)
                return Attempt.WalkFailed(errno);
            try
            {
                return await CreateOnceAsync(
                    call.Path2, wantsDirectory: false, flags,
                    async (directory, dentry) =>
                    {
                        await LookAtLinkSourceAsync(old.Inode!);
                        int failed = await MayCreateAsync(directory);
                        return failed != 0 ? failed : await LinkAsync(old, directory, dentry);
                    },
                    checksDirectory: false);
            }
            finally
            {
                _dcache.Put(old);
            }
        });

    /// <summary>
    /// may_linkat() with protected_hardlinks: what the running kernel taught is that the source's
    /// permission is looked at (which may ask for attributes) though root may link anything.
    /// </summary>
    private async KernelTask<int> LookAtLinkSourceAsync(KernelInode inode)
    {
        const uint SetUid = 0x800;
        const uint SetGidExec = FileModes.SetGid | FileModes.GroupExecute;
        bool isUnsafe = !inode.IsRegular || (inode.Mode & SetUid) != 0
            || (inode.Mode & SetGidExec) == SetGidExec;
        return !_options.ProtectedHardlinks || isUnsafe
            ? 0
            : await PermissionAsync(inode, MayRead | MayWrite);
    }

    private async KernelTask<int> LinkAsync(Dentry old, Dentry directory, Dentry dentry)
    {
        KernelInode inode = old.Inode!;
        if (inode.IsDirectory)
            return (int)Errno.EPERM;
        await inode.Lock.AcquireAsync(exclusive: true);
        try
        {
            if (inode.NLink == 0)
                return (int)Errno.ENOENT;
            if (_conn.Unsupported.Contains(FuseOpcode.FUSE_LINK))
                return (int)Errno.EPERM;
            int errno = await CreateEntryAsync(
                FuseOpcode.FUSE_LINK, directory, dentry,
                Bytes(new fuse_link_in { oldnodeid = inode.NodeId }, dentry.Name), inode.Mode);
            if (errno == (int)Errno.EINTR)
                inode.InvalMask |= StatxMask.BasicStats;
            return errno == (int)Errno.ENOSYS ? (int)Errno.EPERM : errno;
        }
        finally
        {
            inode.Lock.Release(exclusive: true);
        }
    }

    private KernelTask<VfsResult> CreateAtAsync(
        string path, bool wantsDirectory, Func<Dentry, Dentry, KernelTask<int>> create) =>
        RetryStaleAsync(
            LookupFlags.None, flags => CreateOnceAsync(path, wantsDirectory, flags, create));

    /// <summary>
    /// filename_create(): the parent, its lock, the name (which must be free), may_create(), and
    /// what is to be done.
    /// </summary>
    private async KernelTask<Attempt> CreateOnceAsync(
        string path, bool wantsDirectory, LookupFlags flags,
        Func<Dentry, Dentry, KernelTask<int>> create, bool checksDirectory = true)
    {
        (Walk? walk, int errno) = await ResolveParentAsync(path, flags & LookupFlags.Reval);
        if (walk is null)
            return Attempt.WalkFailed(errno);
        Dentry directory = walk.Here;
        try
        {
            if (walk.Kind != LastKind.Norm)
                return Attempt.WalkFailed((int)Errno.EEXIST);
            LookupFlags how = (flags & LookupFlags.Reval) | LookupFlags.Excl;
            if (!walk.HasTrailingSlash || wantsDirectory)
                how |= LookupFlags.Create;
            bool isFound = true;
            errno = await LockedAsync(directory, async () =>
            {
                (Dentry? dentry, int failed) = await LookupLockedAsync(directory, walk.Last, how);
                isFound = dentry is not null;
                if (dentry is null)
                    return failed;
                failed = checksDirectory ? await MayCreateAsync(directory) : 0;
                if (failed == 0)
                    failed = await create(directory, dentry);
                _dcache.Put(dentry);
                return failed;
            });
            return isFound ? new VfsResult(errno) : Attempt.WalkFailed(errno);
        }
        finally
        {
            _dcache.Put(directory);
        }
    }

    private static async KernelTask<int> LockedAsync(
        Dentry directory, Func<KernelTask<int>> operation)
    {
        KernelLock held = directory.Inode!.Lock;
        await held.AcquireAsync(exclusive: true);
        try
        {
            return await operation();
        }
        finally
        {
            held.Release(exclusive: true);
        }
    }

    /// <summary>may_create(): the directory lives and may be written.</summary>
    private async KernelTask<int> MayCreateAsync(Dentry directory) => directory.Inode!.IsDead
        ? (int)Errno.ENOENT
        : await PermissionAsync(directory.Inode, MayWrite | MayExec);

    /// <summary>R8, models create_new_entry().</summary>
    private async KernelTask<int> CreateEntryAsync(
        FuseOpcode opcode, Dentry directory, Dentry dentry, byte[] body, uint mode)
    {
        KernelInode dir = directory.Inode!;
        if (IsBad(dir))
            return (int)Errno.EIO;
        int epoch = _conn.Epoch;
        KernelAnswer answer = await AskEntryAsync(opcode, dir, body, ReplyRoom.OfEntry);
        if (answer.Errno == (int)Errno.ENOSYS && opcode == FuseOpcode.FUSE_LINK
            && !_faults.Has(KernelFault.LinkAskedAgain))
        {
            _conn.Unsupported.Add(opcode);
        }

        if (answer.Errno != 0)
        {
            if (answer.Errno == (int)Errno.EEXIST)
                InvalidateEntry(dentry);
            return answer.Errno;
        }

        EntryIn entry = answer.Entry!;
        bool otherType = ((entry.Entry.attr.mode ^ mode) & FileModes.TypeMask) != 0
            && !_faults.Has(KernelFault.CreateTypeUnchecked);
        if (IsInvalidNodeId(entry.NodeId) || HasInvalidAttributes(entry) || otherType)
            return (int)Errno.EIO;
        await InodeUnlockedAsync(entry.NodeId);
        KernelInode? inode = IGet(entry, attrVersion: 0, evictCtr: 0);
        if (inode is null)
        {
            ForgetEntry(entry.NodeId);
            return (int)Errno.ENOMEM;
        }

        DentryCache.Drop(dentry);
        (Dentry? other, int errno) = _dcache.SpliceAlias(inode, dentry);
        if (errno != 0)
            return errno;
        Dentry used = other ?? dentry;
        used.Epoch = epoch;
        used.ExpiryNs = EntryExpiry(entry);
        _dcache.PutOther(other);
        DirectoryChanged(dir);
        return 0;
    }

    /// <summary>fuse_invalidate_entry().</summary>
    private void InvalidateEntry(Dentry dentry)
    {
        _dcache.Invalidate(dentry);
        dentry.ExpiryNs = 0;
    }

    /// <summary>What fuse_create_open() gave.</summary>
    /// <param name="Errno">0 on success.</param>
    /// <param name="File">
    /// The open file; null where the dentry is to be opened as any other.
    /// </param>
    private readonly record struct Created(int Errno, OpenFile? File);

    /// <summary>R7, models fuse_create_open().</summary>
    private async KernelTask<Created> CreateOpenAsync(
        Dentry directory, Dentry dentry, int flags, uint mode,
        FuseOpcode opcode = FuseOpcode.FUSE_CREATE)
    {
        KernelInode dir = directory.Inode!;
        int epoch = _conn.Epoch;
        fuse_create_in arguments = new()
        {
            flags = (uint)(flags & ~OpenFlags.NoCtty),
            mode = mode,
        };
        KernelAnswer answer = await AskEntryAsync(
            opcode, dir, Bytes(arguments, dentry.Name),
            ReplyRoom.OfEntryAndOpen);
        if (answer.Errno == (int)Errno.ENOSYS && !_faults.Has(KernelFault.NotKnownForgotten))
            _conn.Unsupported.Add(opcode);
        if (answer.Errno != 0)
            return new(answer.Errno, null);
        EntryIn entry = answer.Entry!;
        bool isRegular = (entry.Entry.attr.mode & FileModes.TypeMask) == FileModes.Regular;
        if (!isRegular || IsInvalidNodeId(entry.NodeId) || HasInvalidAttributes(entry))
            return new((int)Errno.EIO, null);
        bool isOpen = entry.PartsLeft == 0;
        fuse_open_out opened = isOpen
            ? MemoryMarshal.Read<fuse_open_out>(entry.Trailing)
            : default;
        OpenFile file = new(DentryCache.Get(dentry), flags)
        {
            Fh = opened.fh,
            FOpenFlags = opened.open_flags,
            NodeId = entry.NodeId,
        };
        await InodeUnlockedAsync(entry.NodeId);
        KernelInode? inode = IGet(entry, attrVersion: 0, evictCtr: 0);
        if (inode is null)
        {
            if (isOpen)
                await ReleaseAsync(file, null, file.Flags, entry);
            _dcache.Put(dentry);
            ForgetEntry(entry.NodeId);
            return new((int)Errno.ENOMEM, null);
        }

        DentryCache.Instantiate(dentry, inode);
        dentry.Epoch = epoch;
        dentry.ExpiryNs = EntryExpiry(entry);
        DirectoryChanged(dir);
        if (!isOpen)
        {
            (int errno, opened) = await OpenCreatedAsync(inode, flags);
            (file.Fh, file.FOpenFlags) = (opened.fh, opened.open_flags);
            if (errno != 0)
            {
                _dcache.Put(dentry);
                return new(errno, null);
            }
        }

        if ((opened.open_flags & (uint)FuseOpenFlags.FOPEN_KEEP_CACHE) == 0)
            inode.Pages.Clear();
        return new(0, file);
    }

    /// <summary>
    /// The last part of a creation whose parts are apart: OPEN, as fuse_send_open() sends it.
    /// </summary>
    private async KernelTask<(int Errno, fuse_open_out Opened)> OpenCreatedAsync(
        KernelInode inode, int flags)
    {
        int sent = flags & ~(OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoCtty
            | OpenFlags.Truncate);
        KernelAnswer answer = await SendAsync(
            FuseOpcode.FUSE_OPEN, inode, Bytes(new fuse_open_in { flags = (uint)sent }),
            RoomOf<fuse_open_out>());
        return answer.Errno == 0
            ? (0, MemoryMarshal.Read<fuse_open_out>(answer.Body))
            : (answer.Errno == (int)Errno.ENOSYS ? 0 : answer.Errno, default);
    }
}
