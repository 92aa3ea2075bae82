using System.Runtime.CompilerServices;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>Paths (models link_path_walk() and what it calls, fs/namei.c, v6.18).</summary>
public sealed partial class ModelKernel
{
    private const int MaxLinks = 40;

    /// <summary>PATH_MAX, with the NUL.</summary>
    private const int PathBytes = 4096;

    /// <summary>The last component of a path, and what kind it is (LAST_NORM and so on).</summary>
    private enum LastKind
    {
        Norm,
        Root,
        Dot,
        DotDot,
    }

    /// <summary>Where a walk stands: the directory is held.</summary>
    private sealed class Walk(LookupFlags flags)
    {
        public LookupFlags Flags { get; set; } = flags;

        public required Dentry Here { get; set; }

        /// <summary>
        /// Files to be released when the system call returns, after every retry
        /// (<see cref="ReleaseAll"/>).
        /// </summary>
        public List<OpenFile> Closing { get; init; } = [];

        public string Last { get; set; } = "";

        public LastKind Kind { get; set; } = LastKind.Root;

        /// <summary>The path ended with a slash.</summary>
        public bool HasTrailingSlash { get; set; }

        /// <summary>
        /// Symlinks followed so far (nd->total_link_count): what the running kernel taught is that
        /// the second try after ESTALE goes on counting.
        /// </summary>
        public StrongBox<int> LinkCount { get; init; } = new();

        /// <summary>
        /// Symlinks whose text is being walked (nd->stack), each held: what the running kernel
        /// taught is that a symlink which is invalidated while it is walked keeps its inode, so
        /// that the same nodeid found again is the same inode.
        /// </summary>
        public Stack<Dentry> Links { get; } = new();
    }

    /// <summary>put_link(): the text of the innermost symlink is used up.</summary>
    private void PutLink(Walk walk)
    {
        if (walk.Links.TryPop(out Dentry? link))
            _dcache.Put(link);
    }

    /// <summary>terminate_walk(): gives back all that the walk holds.</summary>
    private void EndWalk(Walk walk)
    {
        _dcache.Put(walk.Here);
        EndLinks(walk);
    }

    private void EndLinks(Walk walk)
    {
        while (walk.Links.Count > 0)
            PutLink(walk);
    }

    /// <summary>R15 and permissions; models inode_permission() and fuse_permission().</summary>
    private async KernelTask<int> PermissionAsync(KernelInode inode, int mask)
    {
        if (IsBad(inode))
            return (int)Errno.EIO;
        bool isExec = (mask & MayExec) != 0;
        bool refreshed = false;
        if (_conn.DefaultPermissions || (isExec && inode.IsRegular))
        {
            const uint Needed = StatxMask.Mode | StatxMask.Uid | StatxMask.Gid;
            if ((inode.InvalMask & Needed) != 0 || IsExpired(inode.AttrExpiryNs))
            {
                refreshed = true;
                (int errno, _) = await GetAttrAsync(inode, null);
                if (errno != 0)
                    return errno;
            }
        }

        if (_conn.DefaultPermissions)
        {
            if (RootMay(inode, mask))
                return 0;
            if (refreshed)
                return (int)Errno.EACCES;
            (int errno, _) = await GetAttrAsync(inode, null);
            if (errno != 0)
                return errno;
            return RootMay(inode, mask) ? 0 : (int)Errno.EACCES;
        }

        if ((mask & (MayAccess | MayChdir)) != 0)
            return await AskAccessAsync(inode, mask);
        if (isExec && inode.IsRegular && (inode.Mode & FileModes.ExecuteMask) == 0)
        {
            if (refreshed)
                return (int)Errno.EACCES;
            (int errno, _) = await GetAttrAsync(inode, null);
            bool mayNobody = (inode.Mode & FileModes.ExecuteMask) == 0;
            return errno != 0 ? errno : mayNobody ? (int)Errno.EACCES : 0;
        }

        return 0;
    }

    /// <summary>
    /// generic_permission() for root: all but execution of what nobody may execute.
    /// </summary>
    private static bool RootMay(KernelInode inode, int mask) =>
        inode.IsDirectory || (mask & MayExec) == 0 || (inode.Mode & FileModes.ExecuteMask) != 0;

    private const int MayExec = 1;
    private const int MayWrite = 2;
    private const int MayRead = 4;
    private const int MayAccess = 0x10;
    private const int MayOpen = 0x20;
    private const int MayChdir = 0x40;

    /// <summary>
    /// link_path_walk(): all components but the last. The walk's directory is replaced and held;
    /// after an error it is still held.
    /// </summary>
    private async KernelTask<int> LinkPathWalkAsync(Walk walk, string path)
    {
        // Symlinks met on the way put the rest of their path on this stack (nd->stack).
        Stack<string> rests = new();
        string at = path;
        while (true)
        {
            at = at.TrimStart('/');
            if (at.Length == 0 && rests.Count == 0)
                return 0;
            if (at.Length == 0)
            {
                at = rests.Pop();
                if (at.TrimStart('/').Length == 0 && rests.Count == 0)
                    return 0;
                continue;
            }

            int errno = await PermissionAsync(walk.Here.Inode!, MayExec);
            if (errno != 0)
                return errno;
            int slash = at.IndexOf('/', StringComparison.Ordinal);
            string name = slash < 0 ? at : at[..slash];
            string rest = slash < 0 ? "" : at[slash..];
            walk.Last = name;
            walk.Kind = name switch
            {
                "." => LastKind.Dot,
                ".." => LastKind.DotDot,
                _ => LastKind.Norm,
            };
            string after = rest.TrimStart('/');
            if (after.Length == 0 && rests.Count == 0)
            {
                walk.HasTrailingSlash = rest.Length > 0;
                return 0;
            }

            // The last component of a link in the middle of a path is followed like the others.
            (string? link, errno) = await WalkComponentAsync(
                walk, follow: true, more: after.Length > 0);
            if (errno != 0)
                return errno;
            if (link is not null)
            {
                if (after.Length > 0)
                    rests.Push(after);
                at = link;
                continue;
            }

            if (!walk.Here.IsDirectory)
                return (int)Errno.ENOTDIR;
            at = after;
        }
    }

    /// <summary>
    /// walk_component(): one step; gives the target of a symlink that is to be followed.
    /// </summary>
    private async KernelTask<(string? Link, int Errno)> WalkComponentAsync(
        Walk walk, bool follow, bool more)
    {
        if (walk.Kind != LastKind.Norm)
        {
            // What the running kernel taught: a symlink whose text ends in "." is given back here.
            if (!more)
                PutLink(walk);
            HandleDots(walk);
            return (null, 0);
        }

        (Dentry? dentry, int errno) = await LookupFastAsync(
            walk.Here, walk.Last, walk.Flags);
        if (errno == 0 && dentry is null)
            (dentry, errno) = await LookupSlowAsync(walk.Here, walk.Last, walk.Flags);
        if (dentry is null)
            return (null, errno);
        if (!more)
            PutLink(walk);
        return await StepIntoAsync(walk, dentry, follow);
    }

    /// <summary>step_into(): takes the dentry's reference.</summary>
    private async KernelTask<(string? Link, int Errno)> StepIntoAsync(
        Walk walk, Dentry dentry, bool follow)
    {
        if (dentry.IsNegative)
        {
            _dcache.Put(dentry);
            return (null, (int)Errno.ENOENT);
        }

        if (!dentry.Inode!.IsSymlink || !follow)
        {
            _dcache.Put(walk.Here);
            walk.Here = dentry;
            return (null, 0);
        }

        int errno = 0;
        string? link = null;
        if (++walk.LinkCount.Value > MaxLinks)
        {
            errno = (int)Errno.ELOOP;
            _dcache.Put(dentry);
        }
        else
        {
            walk.Links.Push(dentry);
            (link, errno) = await GetLinkAsync(dentry.Inode);
            if (link is { Length: 0 })
            {
                // pick_link(): an empty text leads nowhere else.
                PutLink(walk);
                return (null, 0);
            }
        }

        if (errno == 0 && link!.StartsWith('/'))
        {
            throw new NotSupportedException(
                "an absolute symlink leads out of the modelled mount");
        }

        return (link, errno);
    }

    private void HandleDots(Walk walk)
    {
        if (walk.Kind != LastKind.DotDot || walk.Here.IsRoot
            || _faults.Has(KernelFault.ParentIsSelf))
        {
            return;
        }

        Dentry parent = DentryCache.Get(walk.Here.Parent);
        _dcache.Put(walk.Here);
        walk.Here = parent;
    }

    /// <summary>
    /// path_lookupat() from a directory, by default the mount's root: the dentry is held.
    /// </summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> PathLookupAsync(
        string path, LookupFlags flags, StrongBox<int> links, Dentry? from = null)
    {
        Walk walk = new(flags) { Here = DentryCache.Get(from ?? _root!), LinkCount = links };
        string? at = path;
        int errno = path.Length >= PathBytes ? (int)Errno.ENAMETOOLONG : 0;
        while (at is not null && errno == 0)
        {
            walk.Kind = LastKind.Root;
            errno = await LinkPathWalkAsync(walk, at);
            if (errno != 0)
                break;
            at = null;
            if (walk.Kind == LastKind.Root)
                break;
            bool slash = walk.HasTrailingSlash;
            if (slash)
                walk.Flags |= LookupFlags.Follow | LookupFlags.Directory;
            (at, errno) = await WalkComponentAsync(
                walk, (walk.Flags & LookupFlags.Follow) != 0, more: false);
        }

        if (errno == 0 && (walk.Flags & LookupFlags.Directory) != 0 && !walk.Here.IsDirectory)
            errno = (int)Errno.ENOTDIR;
        if (errno == 0)
        {
            EndLinks(walk);
            return (walk.Here, 0);
        }

        EndWalk(walk);
        return (null, errno);
    }

    /// <summary>filename_lookup(): once more, asking for every name, after ESTALE.</summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> ResolveAsync(
        string path, LookupFlags flags, Dentry? from = null)
    {
        StrongBox<int> links = new();
        (Dentry? dentry, int errno) = await PathLookupAsync(path, flags, links, from);
        return errno == (int)Errno.ESTALE
            ? await PathLookupAsync(path, flags | LookupFlags.Reval, links, from)
            : (dentry, errno);
    }

    /// <summary>filename_parentat(): the directory that holds the last component.</summary>
    private async KernelTask<(Walk? Walk, int Errno)> ResolveParentAsync(
        string path, LookupFlags flags)
    {
        StrongBox<int> links = new();
        int errno = (int)Errno.ESTALE;
        for (int attempt = 0; attempt < 2 && errno == (int)Errno.ESTALE; attempt++)
        {
            Walk walk = new(flags | (attempt == 0 ? LookupFlags.None : LookupFlags.Reval))
            {
                Here = DentryCache.Get(_root!),
                LinkCount = links,
            };
            errno = await LinkPathWalkAsync(walk, path);
            if (errno == 0)
            {
                EndLinks(walk);
                return (walk, 0);
            }

            EndWalk(walk);
        }

        return (null, errno);
    }

    /// <summary>One attempt of a call.</summary>
    /// <param name="Result">What it gave.</param>
    /// <param name="IsFinal">
    /// Not to be repeated: the walk itself failed, which has its own retry.
    /// </param>
    private readonly record struct Attempt(VfsResult Result, bool IsFinal)
    {
        public static implicit operator Attempt(VfsResult result) => new(result, false);

        public static Attempt WalkFailed(int errno) => new(VfsResult.Failure(errno), true);
    }

    /// <summary>
    /// retry_estale(): the operation once more with Reval, if it ended with ESTALE. What the
    /// running kernel taught: the error of a walk (user_path_at(), filename_create(),
    /// filename_parentat()) is final, that of what comes after it is not.
    /// </summary>
    private static async KernelTask<VfsResult> RetryStaleAsync(
        LookupFlags flags, Func<LookupFlags, KernelTask<Attempt>> operation)
    {
        Attempt attempt = await operation(flags);
        if (attempt.IsFinal || attempt.Result.Errno != (int)Errno.ESTALE)
            return attempt.Result;
        return (await operation(flags | LookupFlags.Reval)).Result;
    }
}
