using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// One name in a directory: lookup_fast(), lookup_slow() and their kin (models fs/namei.c, v6.18).
/// </summary>
internal sealed class NameiLookup(SuperBlock sb, DentryCache dcache, IInodeOperations iops)
{
    /// <summary>The d_revalidate() step of a walk: the valid dentry, null, or an errno.</summary>
    public async KernelTask<(Dentry? Dentry, int Errno)> CheckedAsync(
        Dentry dentry, LookupFlags flags)
    {
        int status = await sb.DentryOperations.RevalidateAsync(dentry, flags);
        if (status > 0)
            return (dentry, 0);
        if (status == 0)
            dcache.Invalidate(dentry);
        dcache.Put(dentry);
        return (null, -status);
    }

    /// <summary>lookup_fast(): from the dcache, if it is there and valid.</summary>
    public async KernelTask<(Dentry? Dentry, int Errno)> LookupFastAsync(
        Dentry directory, string name, LookupFlags flags)
    {
        Dentry? cached = DentryCache.Lookup(directory, name);
        return cached is null ? (null, 0) : await CheckedAsync(cached, flags);
    }

    /// <summary>lookup_slow(): with the directory's lock shared, by anybody's LOOKUP.</summary>
    public async KernelTask<(Dentry? Dentry, int Errno)> LookupSlowAsync(
        Dentry directory, string name, LookupFlags flags)
    {
        Inode dir = directory.Inode!;
        await dir.Lock.AcquireAsync(exclusive: false);
        try
        {
            if (dir.IsDead)
                return (null, (int)Errno.ENOENT);
            while (true)
            {
                Dentry dentry = await dcache.AllocateParallelAsync(directory, name);
                if (dentry.IsInLookup)
                    return await FillAsync(directory, dentry);
                (Dentry? valid, int errno) = await CheckedAsync(dentry, flags);
                if (valid is not null || errno != 0)
                    return (valid, errno);
            }
        }
        finally
        {
            dir.Lock.Release(exclusive: false);
        }
    }

    /// <summary>Looks an allocated dentry up; gives the one to use, with its reference.</summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> FillAsync(Dentry directory, Dentry dentry)
    {
        (Dentry? other, int errno) = await iops.LookupAsync(directory, dentry);
        dcache.LookupDone(dentry);
        if (errno == 0 && other is null)
            return (dentry, 0);
        dcache.Put(dentry);
        return (other, errno);
    }

    /// <summary>
    /// lookup_one_qstr_excl(): the name an operation is about, the directory locked by the caller.
    /// Without Create a negative result is ENOENT, with Excl a positive one EEXIST.
    /// </summary>
    public async KernelTask<(Dentry? Dentry, int Errno)> LookupLockedAsync(
        Dentry directory, string name, LookupFlags flags)
    {
        (Dentry? dentry, int errno) = await LookupFastAsync(directory, name, flags);
        if (errno != 0)
            return (null, errno);
        if (dentry is null)
        {
            if (directory.Inode!.IsDead)
                return (null, (int)Errno.ENOENT);
            (dentry, errno) = await FillAsync(directory, dcache.Allocate(directory, name));
            if (dentry is null)
                return (null, errno);
        }

        if (dentry.IsNegative && (flags & LookupFlags.Create) == 0)
            errno = (int)Errno.ENOENT;
        else if (!dentry.IsNegative && (flags & LookupFlags.Excl) != 0)
            errno = (int)Errno.EEXIST;
        if (errno == 0)
            return (dentry, 0);
        dcache.Put(dentry);
        return (null, errno);
    }

    /// <summary>lookup_one_unlocked().</summary>
    public async KernelTask<(Dentry? Dentry, int Errno)> LookupUnlockedAsync(
        Dentry parent, string name)
    {
        int errno = await iops.PermissionAsync(parent.Inode!, May.Exec);
        if (errno != 0)
            return (null, errno);
        (Dentry? dentry, errno) = await LookupFastAsync(parent, name, LookupFlags.None);
        return dentry is not null || errno != 0
            ? (dentry, errno)
            : await LookupSlowAsync(parent, name, LookupFlags.None);
    }

    public static async KernelTask<int> LockedAsync(
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
}
