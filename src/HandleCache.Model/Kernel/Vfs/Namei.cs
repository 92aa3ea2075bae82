using System.Runtime.CompilerServices;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// Paths: link_path_walk(), walk_component(), step_into(), path_lookupat() and
/// filename_parentat() (models fs/namei.c, v6.18).
/// </summary>
internal sealed class Namei(
    SuperBlock sb, DentryCache dcache, IInodeOperations iops, NameiLookup lookup,
    KernelFaults faults)
{
    private const int MaxLinks = 40;

    /// <summary>PATH_MAX, with the NUL.</summary>
    private const int PathBytes = 4096;

    /// <summary>put_link(): the text of the innermost symlink is used up.</summary>
    public void PutLink(Nameidata walk)
    {
        if (walk.Links.TryPop(out Dentry? link))
            dcache.Put(link);
    }

    /// <summary>terminate_walk(): gives back all that the walk holds.</summary>
    public void EndWalk(Nameidata walk)
    {
        dcache.Put(walk.Here);
        EndLinks(walk);
    }

    private void EndLinks(Nameidata walk)
    {
        while (walk.Links.Count > 0)
            PutLink(walk);
    }

    /// <summary>
    /// link_path_walk(): all components but the last. The walk's directory is replaced and held;
    /// after an error it is still held.
    /// </summary>
    public async KernelTask<int> LinkPathWalkAsync(Nameidata walk, string path)
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

            int errno = await iops.PermissionAsync(walk.Here.Inode!, May.Exec);
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
        Nameidata walk, bool follow, bool more)
    {
        if (walk.Kind != LastKind.Norm)
        {
            // What the running kernel taught: a symlink whose text ends in "." is given back here.
            if (!more)
                PutLink(walk);
            HandleDots(walk);
            return (null, 0);
        }

        (Dentry? dentry, int errno) = await lookup.LookupFastAsync(
            walk.Here, walk.Last, walk.Flags);
        if (errno == 0 && dentry is null)
            (dentry, errno) = await lookup.LookupSlowAsync(walk.Here, walk.Last, walk.Flags);
        if (dentry is null)
            return (null, errno);
        if (!more)
            PutLink(walk);
        return await StepIntoAsync(walk, dentry, follow);
    }

    /// <summary>step_into(): takes the dentry's reference.</summary>
    public async KernelTask<(string? Link, int Errno)> StepIntoAsync(
        Nameidata walk, Dentry dentry, bool follow)
    {
        if (dentry.IsNegative)
        {
            dcache.Put(dentry);
            return (null, (int)Errno.ENOENT);
        }

        if (!dentry.Inode!.IsSymlink || !follow)
        {
            dcache.Put(walk.Here);
            walk.Here = dentry;
            return (null, 0);
        }

        int errno = 0;
        string? link = null;
        if (++walk.LinkCount.Value > MaxLinks)
        {
            errno = (int)Errno.ELOOP;
            dcache.Put(dentry);
        }
        else
        {
            walk.Links.Push(dentry);
            (link, errno) = await iops.GetLinkAsync(dentry.Inode);
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

    /// <summary>handle_dots(): the parent, but from the mount's root nowhere.</summary>
    public void HandleDots(Nameidata walk)
    {
        if (walk.Kind != LastKind.DotDot || walk.Here.IsRoot
            || faults.Has(KernelFault.ParentIsSelf))
        {
            return;
        }

        Dentry parent = DentryCache.Get(walk.Here.Parent);
        dcache.Put(walk.Here);
        walk.Here = parent;
    }

    /// <summary>
    /// path_lookupat() from a directory, by default the mount's root: the dentry is held.
    /// </summary>
    public async KernelTask<(Dentry? Dentry, int Errno)> PathLookupAsync(
        string path, LookupFlags flags, StrongBox<int> links, Dentry? from = null)
    {
        Nameidata walk = new(flags) { Here = DentryCache.Get(from ?? sb.Root), LinkCount = links };
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
    public async KernelTask<(Dentry? Dentry, int Errno)> ResolveAsync(
        string path, LookupFlags flags, Dentry? from = null)
    {
        StrongBox<int> links = new();
        (Dentry? dentry, int errno) = await PathLookupAsync(path, flags, links, from);
        return errno == (int)Errno.ESTALE
            ? await PathLookupAsync(path, flags | LookupFlags.Reval, links, from)
            : (dentry, errno);
    }

    /// <summary>filename_parentat(): the directory that holds the last component.</summary>
    public async KernelTask<(Nameidata? Nameidata, int Errno)> ResolveParentAsync(
        string path, LookupFlags flags)
    {
        StrongBox<int> links = new();
        int errno = (int)Errno.ESTALE;
        for (int attempt = 0; attempt < 2 && errno == (int)Errno.ESTALE; attempt++)
        {
            Nameidata walk = new(flags | (attempt == 0 ? LookupFlags.None : LookupFlags.Reval))
            {
                Here = DentryCache.Get(sb.Root),
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
}
