using System.Runtime.CompilerServices;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// open(2) down to the object: path_openat(), open_last_lookups(), lookup_open(), do_open() and
/// do_tmpfile() (models fs/namei.c, v6.18).
/// </summary>
internal sealed class NameiOpen(
    SuperBlock sb, DentryCache dcache, IInodeOperations iops, Namei namei, NameiLookup lookup,
    NameiPermission permission, Open open)
{
    /// <summary>path_openat().</summary>
    public async KernelTask<(OpenFile? File, int Errno)> PathOpenAsync(
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
            (Dentry? named, int failed) = await namei.PathLookupAsync(path, how, links);
            return named is null
                ? (null, failed)
                : (new OpenFile(named, flags) { IsPathOnly = true }, 0);
        }

        Nameidata walk = new(how)
        {
            Here = DentryCache.Get(sb.Root),
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
            errno = await namei.LinkPathWalkAsync(walk, at);
            if (errno != 0)
                break;
            Opening opening = await OpenLastAsync(walk, flags, mode);
            (at, errno, created, isCreated) =
                (opening.Link, opening.Errno, opening.File, opening.IsCreated);
        }

        if (errno == 0)
            (created, errno) = await DoOpenAsync(walk, flags, created, isCreated);
        namei.EndWalk(walk);
        return errno == 0 ? (created, 0) : (null, errno);
    }

    /// <summary>What open_last_lookups() came to: the walk's directory is the object.</summary>
    private readonly record struct Opening(
        string? Link, int Errno, OpenFile? File = null, bool IsCreated = false);

    /// <summary>open_last_lookups().</summary>
    private async KernelTask<Opening> OpenLastAsync(Nameidata walk, int flags, uint mode)
    {
        if (walk.Kind != LastKind.Norm)
        {
            namei.PutLink(walk);
            namei.HandleDots(walk);
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

            (dentry, errno) = await lookup.LookupFastAsync(walk.Here, walk.Last, how);
        }
        else if (walk.HasTrailingSlash)
        {
            return new(null, (int)Errno.EISDIR);
        }
        else if ((flags & OpenFlags.Exclusive) == 0)
        {
            (dentry, errno) = await lookup.LookupFastAsync(walk.Here, walk.Last, how);
            if (dentry is { IsNegative: true })
            {
                dcache.Put(dentry);
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
                dcache.Put(walk.Here);
                walk.Here = dentry;
                return new(null, 0, looked.File, looked.IsCreated);
            }
        }

        namei.PutLink(walk);
        (string? link, errno) = await namei.StepIntoAsync(
            walk, dentry, (walk.Flags & LookupFlags.Follow) != 0);
        return new(link, errno);
    }

    private async KernelTask<LookedUp> LookupOpenLockedAsync(
        Nameidata walk, int flags, uint mode, LookupFlags how)
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

    /// <summary>lookup_open() and atomic_open().</summary>
    private async KernelTask<LookedUp> LookupOpenAsync(
        Nameidata walk, int flags, uint mode, LookupFlags how)
    {
        Dentry directory = walk.Here;
        if (directory.Inode!.IsDead)
            return new(null, (int)Errno.ENOENT);
        Dentry? dentry = DentryCache.Lookup(directory, walk.Last);
        while (true)
        {
            Dentry at = dentry ?? await dcache.AllocateParallelAsync(directory, walk.Last);
            dentry = at;
            if (at.IsInLookup)
                break;
            (dentry, int failed) = await lookup.CheckedAsync(at, how);
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
            createErrno = await iops.PermissionAsync(directory.Inode, May.Write | May.Exec);
            if (createErrno != 0)
                flags &= ~OpenFlags.Create;
        }

        LookedUp opened = await iops.AtomicOpenAsync(directory, dentry, flags, mode);
        return createErrno != 0 && opened.Errno == (int)Errno.ENOENT
            ? opened with { Errno = createErrno }
            : opened;
    }

    /// <summary>do_open(): checks and vfs_open(); the walk's directory is the object.</summary>
    public async KernelTask<(OpenFile? File, int Errno)> DoOpenAsync(
        Nameidata walk, int flags, OpenFile? file, bool isCreated)
    {
        Dentry dentry = walk.Here;
        Inode inode = dentry.Inode!;
        int errno = 0;
        if ((flags & OpenFlags.Create) != 0)
        {
            if ((flags & OpenFlags.Exclusive) != 0 && !isCreated)
                errno = (int)Errno.EEXIST;
            else if (inode.IsDirectory)
                errno = (int)Errno.EISDIR;
        }

        if (errno == 0 && (walk.Flags & LookupFlags.Directory) != 0 && !inode.IsDirectory)
            errno = (int)Errno.ENOTDIR;
        if (errno == 0)
            errno = await permission.MayOpenAsync(inode, flags, isCreated);
        if (errno != 0)
        {
            if (file is not null)
                walk.Closing.Add(file);
            return (null, errno);
        }

        return file is not null
            ? (file, 0)
            : await open.VfsOpenAsync(dentry, flags, isCreated, walk.Closing);
    }

    public static bool IsTmpFile(int flags) =>
        (flags & OpenFlags.TmpFile) == OpenFlags.TmpFile;

    /// <summary>vfs_tmpfile(): a child called "/" that is never hashed.</summary>
    private async KernelTask<(OpenFile? File, int Errno)> VfsTmpFileAsync(
        Dentry directory, int flags, uint mode)
    {
        Dentry dentry = dcache.Allocate(directory, "/");
        (OpenFile? file, int errno) = await iops.TmpFileAsync(directory, dentry, flags, mode);
        dcache.Put(dentry);
        return (file, errno);
    }

    /// <summary>do_tmpfile().</summary>
    private async KernelTask<(OpenFile? File, int Errno)> TmpFileAsync(
        string path, int flags, uint mode, LookupFlags how, List<OpenFile> closing,
        StrongBox<int> links)
    {
        (Dentry? directory, int errno) = await namei.PathLookupAsync(
            path, how | LookupFlags.Directory, links);
        if (directory is null)
            return (null, errno);
        errno = await iops.PermissionAsync(directory.Inode!, May.Write | May.Exec);
        OpenFile? file = null;
        if (errno == 0)
            (file, errno) = await VfsTmpFileAsync(directory, flags, mode);
        if (file is not null)
        {
            errno = await permission.MayOpenAsync(file.Dentry.Inode!, flags, isCreated: true);
            if (errno != 0)
            {
                closing.Add(file);
                file = null;
            }
        }

        dcache.Put(directory);
        return (file, errno);
    }
}
