using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel.Fuse;
using HandleCache.Model.Kernel.Vfs;

namespace HandleCache.Model.Kernel;

/// <summary>A look at the dcache and at the open files, without a request.</summary>
public sealed partial class ModelKernel
{
    /// <summary>The nodeid behind a name in the dcache; 0 where it is not cached.</summary>
    public ulong CachedNodeId(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Dentry? at = _fuse.SuperBlock.MountedRoot;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at is null || !at.Hashed.TryGetValue(name, out at))
                return 0;
        }

        return at?.FuseInode?.NodeId ?? 0;
    }

    /// <summary>
    /// The paths that can be walked in the dcache, sorted within each directory, a directory
    /// before what is below it; names that are known not to exist are left out.
    /// </summary>
    public IReadOnlyList<string> CachedPaths()
    {
        List<string> all = [];
        if (_fuse.SuperBlock.MountedRoot is { } root)
            Collect(root, "", all);
        return all;
    }

    /// <summary>Whether a file slot is in use.</summary>
    public bool IsOpen(int slot) => _calls.Files.At(slot) is not null;

    /// <summary>The inode of an open file; none where the slot is free.</summary>
    public InodeIndex OpenInode(int slot) =>
        _calls.Files.At(slot)?.Dentry.FuseInode?.Index ?? default;

    private static void Collect(Dentry directory, string prefix, List<string> all)
    {
        foreach (string name in directory.Hashed.Keys.Order(StringComparer.Ordinal))
        {
            Dentry child = directory.Hashed[name];
            if (child.IsNegative)
                continue;
            all.Add(prefix + name);
            Collect(child, $"{prefix}{name}/", all);
        }
    }
}
