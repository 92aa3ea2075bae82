using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>One attempt of a call.</summary>
/// <param name="Result">What it gave.</param>
/// <param name="IsFinal">
/// Not to be repeated: the walk itself failed, which has its own retry.
/// </param>
internal readonly record struct Attempt(VfsResult Result, bool IsFinal)
{
    public static implicit operator Attempt(VfsResult result) => new(result, false);

    public static Attempt WalkFailed(int errno) => new(VfsResult.Failure(errno), true);
}

/// <summary>
/// Calls of a path, which are tried again after ESTALE: retry_estale() (include/linux/namei.h).
/// </summary>
internal sealed class NameiRetry(DentryCache dcache, Namei namei)
{
    /// <summary>
    /// A path call with its ESTALE retry: the dentry is held during the operation.
    /// </summary>
    public KernelTask<VfsResult> AtPathAsync(
        string path, bool follow, Func<Dentry, KernelTask<VfsResult>> operation,
        Dentry? from = null) =>
        RetryStaleAsync(
            follow ? LookupFlags.Follow : LookupFlags.None,
            async flags =>
            {
                (Dentry? dentry, int errno) = await namei.ResolveAsync(path, flags, from);
                if (dentry is null)
                    return Attempt.WalkFailed(errno);
                try
                {
                    return await operation(dentry);
                }
                finally
                {
                    dcache.Put(dentry);
                }
            });

    /// <summary>
    /// An operation on the object of an O_PATH descriptor, reached through /proc/self/fd: the path
    /// is walked once as open(2) walks it, and ESTALE repeats the operation alone.
    /// </summary>
    public async KernelTask<VfsResult> AtObjectAsync(
        string path, Func<Dentry, KernelTask<VfsResult>> operation)
    {
        (Dentry? dentry, int errno) = await namei.ResolveAsync(path, LookupFlags.None);
        if (dentry is null)
            return VfsResult.Failure(errno);
        try
        {
            VfsResult result = await operation(dentry);
            return result.Errno == (int)Errno.ESTALE ? await operation(dentry) : result;
        }
        finally
        {
            dcache.Put(dentry);
        }
    }

    /// <summary>
    /// retry_estale(): the operation once more with Reval, if it ended with ESTALE. What the
    /// running kernel taught: the error of a walk (user_path_at(), filename_create(),
    /// filename_parentat()) is final, that of what comes after it is not.
    /// </summary>
    public static async KernelTask<VfsResult> RetryStaleAsync(
        LookupFlags flags, Func<LookupFlags, KernelTask<Attempt>> operation)
    {
        Attempt attempt = await operation(flags);
        if (attempt.IsFinal || attempt.Result.Errno != (int)Errno.ESTALE)
            return attempt.Result;
        return (await operation(flags | LookupFlags.Reval)).Result;
    }
}
