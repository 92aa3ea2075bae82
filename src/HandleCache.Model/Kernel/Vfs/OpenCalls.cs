using System.Runtime.CompilerServices;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// The calls of fs/open.c, v6.18: open(2), truncate(2), ftruncate(2), fallocate(2), chmod(2),
/// chown(2) and faccessat(2).
/// </summary>
internal sealed class OpenCalls(
    IInodeOperations iops, IDataOperations dataOps, NameiRetry retry, NameiOpen nameiOpen,
    FileTable table, Attr attr, KernelFaults faults, Current current,
    bool allocatesByFlags, bool knowsWriteZeroes)
{
    /// <summary>do_sys_openat2(), do_filp_open(): once more after ESTALE.</summary>
    public async KernelTask<VfsResult> OpenAsync(VfsCall call)
    {
        await table.CloseAsync(call.Slot);
        int flags = call.Flags | OpenFlags.LargeFile;
        if (!faults.Has(KernelFault.TmpFileReadable) && NameiOpen.IsTmpFile(flags)
            && (flags & OpenFlags.AccessMode) == OpenFlags.ReadOnly)
            return VfsResult.Failure((int)Errno.EINVAL);
        uint mode = (flags & OpenFlags.Create) != 0 || NameiOpen.IsTmpFile(flags)
            ? (call.Mode & FileModes.PermissionMask) | FileModes.Regular
            : 0;
        List<OpenFile> closing = [];
        StrongBox<int> links = new();
        (OpenFile? file, int errno) = await nameiOpen.PathOpenAsync(
            call.Path, flags, mode, LookupFlags.None, closing, links);
        if (errno == (int)Errno.ESTALE)
        {
            (file, errno) = await nameiOpen.PathOpenAsync(
                call.Path, flags, mode, LookupFlags.Reval, closing, links);
        }

        table.ReleaseAll(closing);
        table.Install(call.Slot, file);
        return new VfsResult(errno);
    }

    /// <summary>
    /// faccessat(): permission of what the path names, for the real user, who is root, or with
    /// AT_EACCESS for the caller (access_override_creds()).
    /// </summary>
    public KernelTask<VfsResult> AccessAsync(VfsCall call)
    {
        if ((call.Flags & AtFlags.EAccess) == 0)
            current.Task.FsUid = 0;
        return retry.AtPathAsync(
            call.Path, (call.Flags & AtFlags.SymlinkNoFollow) == 0,
            async dentry => new VfsResult(
                await iops.PermissionAsync(dentry.Inode!, (int)call.Mode | May.Access)));
    }

    /// <summary>chmod(): the type bits go along, as iattr has them.</summary>
    public KernelTask<VfsResult> ChModAsync(VfsCall call) => retry.AtObjectAsync(
        call.Path,
        async dentry => dentry.Inode!.IsSymlink
            ? VfsResult.Failure((int)Errno.EOPNOTSUPP)
            : new VfsResult(await attr.ChangeAsync(
                dentry,
                new()
                {
                    Valid = AttrFlags.Mode,
                    Mode = (call.Mode & FileModes.PermissionMask)
                        | (dentry.Inode!.Mode & FileModes.TypeMask),
                })));

    /// <summary>chown_common(): privileges go, but those of a directory.</summary>
    public KernelTask<VfsResult> ChOwnAsync(VfsCall call) => retry.AtObjectAsync(
        call.Path,
        async dentry => new VfsResult(await attr.ChangeAsync(
            dentry,
            new()
            {
                Valid = AttrFlags.Gid
                    | (call.Owner is null ? 0 : AttrFlags.Uid)
                    | (dentry.Inode!.IsDirectory ? 0 : AttrFlags.KillPrivileges),
                Uid = call.Owner ?? 0,
                Gid = call.Mode,
            })));

    /// <summary>vfs_truncate(): a regular file, which may be written.</summary>
    public KernelTask<VfsResult> TruncateAsync(VfsCall call) => retry.AtObjectAsync(
        call.Path,
        async dentry =>
        {
            Inode inode = dentry.Inode!;
            if (inode.IsDirectory)
                return VfsResult.Failure((int)Errno.EISDIR);
            if (!inode.IsRegular)
                return VfsResult.Failure((int)Errno.EINVAL);
            int errno = await iops.PermissionAsync(inode, May.Write);
            return errno != 0
                ? VfsResult.Failure(errno)
                : new VfsResult(await attr.TruncateAsync(dentry, SizeOf(call.Size)));
        });

    /// <summary>
    /// A new size alone: neither truncate() nor ftruncate() sends a time (update_mtime()).
    /// </summary>
    private static Iattr SizeOf(int bytes) =>
        new() { Valid = AttrFlags.Size, Size = (ulong)bytes };

    public async KernelTask<VfsResult> FTruncateAsync(VfsCall call)
    {
        if (table.At(call.Slot) is not { } file || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        if (!file.Dentry.Inode!.IsRegular || !file.MayWrite)
            return VfsResult.Failure((int)Errno.EINVAL);
        return new VfsResult(await attr.TruncateAsync(
            file.Dentry, SizeOf(call.Size) with { File = file }));
    }

    /// <summary>ksys_fallocate(), vfs_fallocate().</summary>
    public async KernelTask<VfsResult> FAllocateAsync(VfsCall call)
    {
        if (table.At(call.Slot) is not { } file || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        Errno errno = MayAllocate(file, call);
        return new VfsResult(errno != Errno.None
            ? (int)errno
            : await dataOps.FAllocateAsync(file, call.Flags, call.Offset, call.Size));
    }

    /// <summary>The checks of vfs_fallocate(), in its order.</summary>
    private Errno MayAllocate(OpenFile file, VfsCall call)
    {
        if (call.Offset < 0 || call.Size <= 0)
            return Errno.EINVAL;
        bool isKnown = knowsWriteZeroes || (call.Flags & AllocateFlags.WriteZeroes) == 0;
        Errno refused = !isKnown ? Errno.EOPNOTSUPP
            : allocatesByFlags ? OfFlags(call.Flags)
            : OfMode(call.Flags);
        if (refused != Errno.None)
            return refused;
        if (!file.MayWrite)
            return Errno.EBADF;
        return (file.Dentry.Inode!.Mode & FileModes.TypeMask) switch
        {
            FileModes.Fifo => Errno.ESPIPE,
            FileModes.Directory => Errno.EISDIR,
            FileModes.Regular => Errno.None,
            _ => Errno.ENODEV,
        };
    }

    private static Errno OfMode(int flags)
    {
        bool keepsSize = (flags & AllocateFlags.KeepSize) != 0;
        bool isMode = (flags & ~AllocateFlags.KeepSize) switch
        {
            0 or AllocateFlags.UnshareRange or AllocateFlags.ZeroRange => true,
            AllocateFlags.PunchHole => keepsSize,
            AllocateFlags.CollapseRange or AllocateFlags.InsertRange
                or AllocateFlags.WriteZeroes => !keepsSize,
            _ => false,
        };
        return isMode ? Errno.None : Errno.EOPNOTSUPP;
    }

    private static Errno OfFlags(int flags)
    {
        const int Known = AllocateFlags.KeepSize | (AllocateFlags.ModeMask
            & ~AllocateFlags.WriteZeroes);
        bool Has(int flag) => (flags & flag) != 0;
        bool Alone(int flag, int beside = 0) => !Has(flag) || (flags & ~(flag | beside)) == 0;
        if ((flags & ~Known) != 0
            || (Has(AllocateFlags.PunchHole)
                && (Has(AllocateFlags.ZeroRange) || !Has(AllocateFlags.KeepSize))))
        {
            return Errno.EOPNOTSUPP;
        }

        return Alone(AllocateFlags.CollapseRange) && Alone(AllocateFlags.InsertRange)
            && Alone(AllocateFlags.UnshareRange, beside: AllocateFlags.KeepSize)
                ? Errno.None
                : Errno.EINVAL;
    }
}
