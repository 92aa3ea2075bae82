using System.Runtime.InteropServices;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// New names: fuse_create_open(), fuse_atomic_open(), create_new_entry() (R7, R8; models
/// fs/fuse/dir.c, v6.18).
/// </summary>
internal sealed class DirCreate(
    DentryCache dcache, KernelFaults faults, Connection conn, Requests requests, InodeGet inodes,
    InodeAttributes attributes, DirLookup lookups, FileOpen files)
{
    /// <summary>fuse_mknod().</summary>
    public KernelTask<int> MkNodAsync(Dentry directory, Dentry dentry, uint mode, uint rdev) =>
        CreateEntryAsync(
            FuseOpcode.FUSE_MKNOD, directory, dentry,
            FuseArgs.Bytes(new fuse_mknod_in { mode = mode, rdev = rdev }, dentry.Name), mode);

    /// <summary>fuse_mkdir().</summary>
    public KernelTask<int> MkDirAsync(Dentry directory, Dentry dentry, uint mode) =>
        CreateEntryAsync(
            FuseOpcode.FUSE_MKDIR, directory, dentry,
            FuseArgs.Bytes(new fuse_mkdir_in { mode = mode }, dentry.Name), FileModes.Directory);

    /// <summary>fuse_symlink().</summary>
    public KernelTask<int> SymlinkAsync(Dentry directory, Dentry dentry, string target) =>
        CreateEntryAsync(
            FuseOpcode.FUSE_SYMLINK, directory, dentry, FuseArgs.Bytes(dentry.Name, target),
            FileModes.Symlink);

    /// <summary>fuse_link().</summary>
    public async KernelTask<int> LinkAsync(FuseInode inode, Dentry directory, Dentry dentry)
    {
        if (conn.Unsupported.Contains(FuseOpcode.FUSE_LINK))
            return (int)Errno.EPERM;
        byte[] body = FuseArgs.Bytes(new fuse_link_in { oldnodeid = inode.NodeId }, dentry.Name);
        int errno = requests.Spoken.RepliesEntry(FuseOpcode.FUSE_LINK)
            ? await CreateEntryAsync(FuseOpcode.FUSE_LINK, directory, dentry, body, inode.Mode)
            : await LinkWithoutEntryAsync(inode, directory, dentry, body);
        if (errno == 0 && conn.Follows(VersionRule.LinkOutdates))
        {
            inode.AttrVersion = conn.NextAttrVersion();
            inode.NLink++;
            inode.InvalMask |= StatxMask.BasicStats;
        }

        if (errno == (int)Errno.EINTR)
            inode.InvalMask |= StatxMask.BasicStats;
        return errno == (int)Errno.ENOSYS && !conn.Follows(VersionRule.LinkUnknownIsEnosys)
            ? (int)Errno.EPERM
            : errno;
    }

    /// <summary>
    /// fusex_link(): the reply has no entry, the kernel has the inode. Its attributes are asked for
    /// when they are wanted, and the name before it is used again.
    /// </summary>
    private async KernelTask<int> LinkWithoutEntryAsync(
        FuseInode inode, Dentry directory, Dentry dentry, byte[] body)
    {
        FuseInode dir = directory.FuseInode!;
        if (inodes.IsBad(dir))
            return (int)Errno.EIO;
        KernelAnswer answer = await requests.AskAsync(
            FuseOpcode.FUSE_LINK, dir, body, ReplyRoom.Nothing);
        if (answer.Errno == (int)Errno.EEXIST)
            InvalidateEntry(dentry);
        if (answer.Errno != 0)
            return answer.Errno;
        inode.Hold();
        inode.InvalMask |= StatxMask.BasicStats;
        DentryCache.Drop(dentry);
        DentryCache.Instantiate(dentry, inode);
        dentry.Epoch = conn.Epoch;
        dentry.ExpiryNs = 0;
        attributes.DirectoryChanged(dir);
        return 0;
    }

    /// <summary>R8, models create_new_entry().</summary>
    private async KernelTask<int> CreateEntryAsync(
        FuseOpcode opcode, Dentry directory, Dentry dentry, byte[] body, uint mode)
    {
        FuseInode dir = directory.FuseInode!;
        if (inodes.IsBad(dir))
            return (int)Errno.EIO;
        int epoch = conn.Epoch;
        KernelAnswer answer = await requests.AskEntryAsync(opcode, dir, body, ReplyRoom.OfEntry);
        if (answer.Errno == (int)Errno.ENOSYS && opcode == FuseOpcode.FUSE_LINK
            && !faults.Has(KernelFault.LinkAskedAgain)
            && !conn.Follows(VersionRule.LinkAskedAgain))
        {
            conn.Unsupported.Add(opcode);
        }

        if (answer.Errno != 0)
        {
            if (answer.Errno == (int)Errno.EEXIST)
                InvalidateExisting(dentry);
            return answer.Errno;
        }

        EntryIn entry = answer.Entry!;
        bool otherType = ((entry.Entry.attr.mode ^ mode) & FileModes.TypeMask) != 0
            && !faults.Has(KernelFault.CreateTypeUnchecked);
        if (entry.HasInvalidNodeId || entry.HasInvalidAttributes || otherType)
            return (int)Errno.EIO;
        await inodes.InodeUnlockedAsync(entry.NodeId);
        FuseInode? inode = inodes.IGet(entry, attrVersion: 0, evictCtr: 0);
        if (inode is null)
        {
            requests.ForgetEntry(entry.NodeId);
            return (int)Errno.ENOMEM;
        }

        DentryCache.Drop(dentry);
        (Dentry? other, int errno) = dcache.SpliceAlias(inode, dentry);
        if (errno != 0)
            return errno;
        Dentry used = other ?? dentry;
        used.Epoch = epoch;
        used.ExpiryNs = lookups.EntryExpiry(entry);
        dcache.Put(other);
        attributes.DirectoryChanged(dir);
        return 0;
    }

    /// <summary>fuse_invalidate_entry().</summary>
    public void InvalidateEntry(Dentry dentry)
    {
        dcache.Invalidate(dentry);
        dentry.ExpiryNs = 0;
    }

    /// <summary>What makes a name was refused because there is one.</summary>
    private void InvalidateExisting(Dentry dentry)
    {
        if (!conn.Follows(VersionRule.ExistingStays))
            InvalidateEntry(dentry);
    }

    /// <summary>fuse_atomic_open().</summary>
    public async KernelTask<LookedUp> AtomicOpenAsync(
        Dentry directory, Dentry dentry, int flags, uint mode)
    {
        if (inodes.IsBad(directory.FuseInode!))
        {
            dcache.LookupDone(dentry);
            dcache.Put(dentry);
            return new(null, (int)Errno.EIO);
        }

        if (dentry.IsInLookup)
        {
            (Dentry? other, int errno) = await lookups.LookupAsync(directory, dentry);
            dcache.LookupDone(dentry);
            if (errno != 0 || other is not null)
                dcache.Put(dentry);
            if (errno != 0)
                return new(null, errno);
            dentry = other ?? dentry;
        }

        if (!dentry.IsNegative)
            return new(dentry, 0);
        if ((flags & OpenFlags.Create) == 0)
        {
            dcache.Put(dentry);
            return new(null, (int)Errno.ENOENT);
        }

        return await CreateOrMakeAsync(directory, dentry, flags, mode);
    }

    /// <summary>CREATE, or MKNOD where the server does not know it.</summary>
    private async KernelTask<LookedUp> CreateOrMakeAsync(
        Dentry directory, Dentry dentry, int flags, uint mode)
    {
        int errno = (int)Errno.ENOSYS;
        if (!conn.Unsupported.Contains(FuseOpcode.FUSE_CREATE))
        {
            Created created = await CreateOpenAsync(directory, dentry, flags, mode);
            if (created.Errno == 0)
                return new(dentry, 0, created.File, IsCreated: true);
            errno = created.Errno;
        }

        if (errno == (int)Errno.ENOSYS)
        {
            errno = await MkNodAsync(directory, dentry, mode, 0);
            if (errno == 0)
                return new(dentry, 0, null, IsCreated: true);
        }
        else if (errno == (int)Errno.EEXIST)
        {
            InvalidateExisting(dentry);
        }

        dcache.Put(dentry);
        return new(null, errno);
    }

    /// <summary>fuse_tmpfile().</summary>
    public async KernelTask<(OpenFile? File, int Errno)> TmpFileAsync(
        Dentry directory, Dentry dentry, int flags, uint mode)
    {
        if (conn.Unsupported.Contains(FuseOpcode.FUSE_TMPFILE))
            return (null, (int)Errno.EOPNOTSUPP);
        if (inodes.IsBad(directory.FuseInode!))
            return (null, (int)Errno.EIO);
        Created created = await CreateOpenAsync(
            directory, dentry, flags, mode, FuseOpcode.FUSE_TMPFILE);
        return created.Errno == (int)Errno.ENOSYS
            ? (null, (int)Errno.EOPNOTSUPP)
            : (created.File, created.Errno);
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
        FuseInode dir = directory.FuseInode!;
        int epoch = conn.Epoch;
        fuse_create_in arguments = new()
        {
            flags = (uint)(flags & ~OpenFlags.NoCtty),
            mode = mode,
            open_flags = (flags & OpenFlags.Exclusive) == 0 ? files.KillOnTruncate(flags) : 0,
        };
        KernelAnswer answer = await requests.AskEntryAsync(
            opcode, dir, FuseArgs.Bytes(arguments, dentry.Name),
            ReplyRoom.OfEntryAndOpen(conn.TakesLongOpen));
        if (answer.Errno == (int)Errno.ENOSYS && !faults.Has(KernelFault.NotKnownForgotten))
            conn.Unsupported.Add(opcode);
        if (answer.Errno != 0)
            return new(answer.Errno, null);
        EntryIn entry = answer.Entry!;
        bool isRegular = (entry.Entry.attr.mode & FileModes.TypeMask) == FileModes.Regular;
        if (!isRegular || entry.HasInvalidNodeId || entry.HasInvalidAttributes)
            return new((int)Errno.EIO, null);
        bool isOpen = entry.PartsLeft == 0;
        fuse_open_out opened = isOpen
            ? MemoryMarshal.Read<fuse_open_out>(entry.Trailing)
            : default;
        OpenFile file = new(DentryCache.Get(dentry), flags);
        FuseFile open = new(entry.NodeId)
        {
            Fh = opened.fh,
            FOpenFlags = opened.open_flags,
        };
        file.PrivateData = open;
        await inodes.InodeUnlockedAsync(entry.NodeId);
        FuseInode? inode = inodes.IGet(entry, attrVersion: 0, evictCtr: 0);
        if (inode is null)
        {
            if (isOpen)
                await files.ReleaseAsync(file, null, entry);
            dcache.Put(dentry);
            requests.ForgetEntry(entry.NodeId);
            return new((int)Errno.ENOMEM, null);
        }

        DentryCache.Instantiate(dentry, inode);
        dentry.Epoch = epoch;
        dentry.ExpiryNs = lookups.EntryExpiry(entry);
        attributes.DirectoryChanged(dir);
        if (!isOpen)
        {
            (int errno, opened) = await OpenCreatedAsync(inode, flags);
            (open.Fh, open.FOpenFlags) = (opened.fh, opened.open_flags);
            if (errno != 0)
            {
                dcache.Put(dentry);
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
        FuseInode inode, int flags)
    {
        int sent = flags & ~(OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoCtty
            | OpenFlags.Truncate);
        KernelAnswer answer = await requests.SendAsync(
            FuseOpcode.FUSE_OPEN, inode, FuseArgs.Bytes(new fuse_open_in { flags = (uint)sent }),
            ReplyRoom.OfOpen(conn.TakesLongOpen));
        return answer.Errno == 0
            ? (0, MemoryMarshal.Read<fuse_open_out>(answer.Body))
            : (answer.Errno == (int)Errno.ENOSYS ? 0 : answer.Errno, default);
    }
}
