using HandleCache.Model.Inodes;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>An inode of the modelled kernel, beside its record in the cache.</summary>
internal sealed class WorldInode(InodeIndex index, ulong nodeId, ulong serial, bool isDirectory)
{
    public InodeIndex Index { get; } = index;

    public ulong NodeId { get; } = nodeId;

    /// <summary>The object it was made for: what the kernel believes it holds.</summary>
    public ulong Serial { get; } = serial;

    public bool IsDirectory { get; } = isDirectory;

    /// <summary>Names it has, as the last entry said.</summary>
    public uint Links { get; set; }

    /// <summary>Whether the kernel may answer with that instead of asking.</summary>
    public bool BelievesAttributes { get; set; }

    /// <summary>Dentries and open files.</summary>
    public int References { get; set; }

    /// <summary>Evicted: its index may be another's.</summary>
    public bool IsGone { get; set; }
}
