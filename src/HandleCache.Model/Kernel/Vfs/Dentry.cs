namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// One name in the dcache. Its parent is itself for the root of a tree (the mount's root, or one
/// that open_by_handle_at made and nobody has placed yet).
/// </summary>
internal sealed class Dentry
{
    public Dentry(string name, Dentry? parent)
    {
        Name = name;
        Parent = parent ?? this;
    }

    /// <summary>The name's bytes, one char each.</summary>
    public string Name { get; set; }

    public Dentry Parent { get; set; }

    /// <summary>Null: a negative dentry.</summary>
    public Inode? Inode { get; set; }

    /// <summary>d_fsdata: the file system's own.</summary>
    public long FsData { get; set; }

    /// <summary>d_time: the file system's own, by which it revalidates the name.</summary>
    public int Time { get; set; }

    /// <summary>Found by name from its parent.</summary>
    public bool IsHashed { get; set; }

    /// <summary>DCACHE_PAR_LOOKUP: a lookup of it is under way.</summary>
    public bool IsInLookup { get; set; }

    /// <summary>DCACHE_DISCONNECTED: made from a file handle, not placed in the tree.</summary>
    public bool IsDisconnected { get; set; }

    public bool IsKilled { get; set; }

    /// <summary>d_lockref: users and children.</summary>
    public int References { get; set; } = 1;

    /// <summary>
    /// Behind this one in the hash chain: older, of the same parent and name. The running kernel
    /// has two after RENAME_EXCHANGE of a name with itself that became stale in between.
    /// </summary>
    public Dentry? NextOfName { get; set; }

    /// <summary>Children found by name, of each name the first in its hash chain.</summary>
    public Dictionary<string, Dentry> Hashed { get; } = new(StringComparer.Ordinal);

    /// <summary>Names being looked up (in_lookup_hashtable).</summary>
    public Dictionary<string, Dentry> InLookup { get; } = new(StringComparer.Ordinal);

    public List<Dentry> Children { get; } = [];

    /// <summary>Who waits for the lookup of this name to end.</summary>
    public List<KernelTask<bool>> LookupWaiters { get; } = [];

    public bool IsRoot => Parent == this;

    public bool IsNegative => Inode is null;

    public bool IsDirectory => Inode is { IsDirectory: true };
}
