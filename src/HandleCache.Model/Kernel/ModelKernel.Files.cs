using System.Runtime.CompilerServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>open(2) down to the object that is opened: path_openat(), fs/namei.c.</summary>
public sealed partial class ModelKernel
{
    private const ulong PageBytes = 4096;

    private readonly OpenFile?[] _files = new OpenFile?[FileSlots];

    /// <summary>Open files a script may have at a time.</summary>
    public const int FileSlots = 8;

    private OpenFile? FileAt(int slot) =>
        (uint)slot < FileSlots && _files[slot] is { } file ? file : null;

    private async KernelTask<VfsResult> OpenCallAsync(VfsCall call)
    {
        await CloseAsync(call.Slot);
        int flags = call.Flags | OpenFlags.LargeFile;
        if (!_faults.Has(KernelFault.TmpFileReadable) && IsTmpFile(flags)
            && (flags & OpenFlags.AccessMode) == OpenFlags.ReadOnly)
            return VfsResult.Failure((int)Errno.EINVAL);
        uint mode = (flags & OpenFlags.Create) != 0 || IsTmpFile(flags)
            ? (call.Mode & FileModes.PermissionMask) | FileModes.Regular
            : 0;
        List<OpenFile> closing = [];
        StrongBox<int> links = new();
        (OpenFile? file, int errno) = await PathOpenAsync(
            call.Path, flags, mode, LookupFlags.None, closing, links);
        if (errno == (int)Errno.ESTALE)
        {
            (file, errno) = await PathOpenAsync(
                call.Path, flags, mode, LookupFlags.Reval, closing, links);
        }

        ReleaseAll(closing);
        _files[call.Slot] = file;
        return new VfsResult(errno);
    }

    /// <summary>path_openat().</summary>
    private async KernelTask<(OpenFile? File, int Errno)> PathOpenAsync(
        string path, int flags, uint mode, LookupFlags how, List<OpenFile> closing,
        StrongBox<int> links)
    {
        // Exclusive creation follows no symlink either; the flag itself is not sent for it.
        const int Exclusive = OpenFlags.Create | OpenFlags.Exclusive;
        bool isExclusive = (flags & Exclusive) == Exclusive;
        if ((flags & OpenFlags.NoFollow) == 0 && !isExclusive)
            how |= LookupFlags.Follow;
        if ((flags & OpenFlags.Directory) != 0)
            how |= LookupFlags.Directory;
        if (IsTmpFile(flags))
            return await TmpFileAsync(path, flags, mode, how, closing, links);
        if ((flags & OpenFlags.Path) != 0)
        {
            (Dentry? named, int failed) = await PathLookupAsync(path, how, links);
            return named is null
                ? (null, failed)
                : (new OpenFile(named, flags) { IsPathOnly = true }, 0);
        }

        Walk walk = new(how)
        {
            Here = DentryCache.Get(_root!),
            Closing = closing,
            LinkCount = links,
        };
        string? at = path;
        OpenFile? created = null;
        int errno = 0;
        bool isCreated = false;
        while (at is not null && errno == 0)
        {
            walk.Kind = LastKind.Root;
            errno = await LinkPathWalkAsync(walk, at);
            if (errno != 0)
                break;
            Opening opening = await OpenLastAsync(walk, flags, mode);
            (at, errno, created, isCreated) =
                (opening.Link, opening.Errno, opening.File, opening.IsCreated);
        }

        if (errno == 0)
            (created, errno) = await DoOpenAsync(walk, flags, created, isCreated);
        EndWalk(walk);
        return errno == 0 ? (created, 0) : (null, errno);
    }

    /// <summary>What open_last_lookups() came to: the walk's directory is the object.</summary>
    private readonly record struct Opening(
        string? Link, int Errno, OpenFile? File = null, bool IsCreated = false);

    /// <summary>open_last_lookups().</summary>
    private async KernelTask<Opening> OpenLastAsync(Walk walk, int flags, uint mode)
    {
        if (walk.Kind != LastKind.Norm)
        {
            PutLink(walk);
            HandleDots(walk);
            return new(null, 0);
        }

        bool creates = (flags & OpenFlags.Create) != 0;
        LookupFlags how = walk.Flags;
        if (creates && (flags & OpenFlags.Exclusive) != 0)
            how |= LookupFlags.Excl;
        Dentry? dentry = null;
        int errno = 0;
        if (!creates)
        {
            if (walk.HasTrailingSlash)
            {
                walk.Flags |= LookupFlags.Follow | LookupFlags.Directory;
                how = walk.Flags;
            }

            (dentry, errno) = await LookupFastAsync(walk.Here, walk.Last, how);
        }
        else if (walk.HasTrailingSlash)
        {
            return new(null, (int)Errno.EISDIR);
        }
        else if ((flags & OpenFlags.Exclusive) == 0)
        {
            (dentry, errno) = await LookupFastAsync(walk.Here, walk.Last, how);
            if (dentry is { IsNegative: true })
            {
                _dcache.Put(dentry);
                dentry = null;
            }
        }

        if (errno != 0)
            return new(null, errno);
        if (dentry is null)
        {
            LookedUp looked = await LookupOpenLockedAsync(walk, flags, mode, how);
            if (looked.Errno != 0)
                return new(null, looked.Errno);
            dentry = looked.Dentry!;
            if (looked.File is not null || looked.IsCreated)
            {
                _dcache.Put(walk.Here);
                walk.Here = dentry;
                return new(null, 0, looked.File, looked.IsCreated);
            }
        }

        PutLink(walk);
        (string? link, errno) = await StepIntoAsync(
            walk, dentry, (walk.Flags & LookupFlags.Follow) != 0);
        return new(link, errno);
    }

    private readonly record struct LookedUp(
        Dentry? Dentry, int Errno, OpenFile? File = null, bool IsCreated = false);

    private async KernelTask<LookedUp> LookupOpenLockedAsync(
        Walk walk, int flags, uint mode, LookupFlags how)
    {
        bool exclusive = (flags & OpenFlags.Create) != 0;
        KernelLock held = walk.Here.Inode!.Lock;
        await held.AcquireAsync(exclusive);
        try
        {
            return await LookupOpenAsync(walk, flags, mode, how);
        }
        finally
        {
            held.Release(exclusive);
        }
    }

    /// <summary>lookup_open() and fuse_atomic_open().</summary>
    private async KernelTask<LookedUp> LookupOpenAsync(
        Walk walk, int flags, uint mode, LookupFlags how)
    {
        Dentry directory = walk.Here;
        if (directory.Inode!.IsDead)
            return new(null, (int)Errno.ENOENT);
        Dentry? dentry = DentryCache.Lookup(directory, walk.Last);
        while (true)
        {
            Dentry at = dentry ?? await _dcache.AllocateParallelAsync(directory, walk.Last);
            dentry = at;
            if (at.IsInLookup)
                break;
            (dentry, int failed) = await CheckedAsync(at, how);
            if (failed != 0)
                return new(null, failed);
            if (dentry is not null)
                break;
        }

        if (!dentry.IsNegative)
            return new(dentry, 0);
        int createErrno = 0;
        if ((flags & OpenFlags.Create) != 0)
        {
            if ((flags & OpenFlags.Exclusive) != 0)
                flags &= ~OpenFlags.Truncate;
            createErrno = await PermissionAsync(directory.Inode, MayWrite | MayExec);
            if (createErrno != 0)
                flags &= ~OpenFlags.Create;
        }

        LookedUp opened = await AtomicOpenAsync(directory, dentry, flags, mode);
        return createErrno != 0 && opened.Errno == (int)Errno.ENOENT
            ? opened with { Errno = createErrno }
            : opened;
    }

    private async KernelTask<LookedUp> AtomicOpenAsync(
        Dentry directory, Dentry dentry, int flags, uint mode)
    {
        if (IsBad(directory.Inode!))
        {
            _dcache.LookupDone(dentry);
            _dcache.Put(dentry);
            return new(null, (int)Errno.EIO);
        }

        if (dentry.IsInLookup)
        {
            (Dentry? filled, int errno) = await FillAsync(directory, dentry);
            if (filled is null)
                return new(null, errno);
            dentry = filled;
        }

        if (!dentry.IsNegative)
            return new(dentry, 0);
        if ((flags & OpenFlags.Create) == 0)
        {
            _dcache.Put(dentry);
            return new(null, (int)Errno.ENOENT);
        }

        return await CreateOrMakeAsync(directory, dentry, flags, mode);
    }

    /// <summary>CREATE, or MKNOD where the server does not know it.</summary>
    private async KernelTask<LookedUp> CreateOrMakeAsync(
        Dentry directory, Dentry dentry, int flags, uint mode)
    {
        int errno = (int)Errno.ENOSYS;
        if (!_conn.Unsupported.Contains(FuseOpcode.FUSE_CREATE))
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
            InvalidateEntry(dentry);
        }

        _dcache.Put(dentry);
        return new(null, errno);
    }
}
