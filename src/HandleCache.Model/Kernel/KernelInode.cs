using HandleCache.Model.Inodes;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>
/// What the kernel keeps of an inode beside nodeid, generation, nlookup, handle and badness, which
/// are the <see cref="FuseInodeCache"/>'s: struct inode and the cold part of struct fuse_inode.
/// </summary>
internal sealed class KernelInode(
    InodeIndex index, ulong nodeId, uint generation, uint mode, WakeQueue wakes)
{
    public InodeIndex Index { get; } = index;

    public ulong NodeId { get; } = nodeId;

    /// <summary>i_generation; a server's 64-bit generation loses its upper half here.</summary>
    public uint Generation { get; } = generation;

    /// <summary>i_mode; the type bits never change.</summary>
    public uint Mode { get; set; } = mode;

    public uint NLink { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    /// <summary>i_rdev; only of devices, whatever the server says (init_special_inode()).</summary>
    public uint Rdev { get; init; }

    public ulong Ino { get; set; }

    public ulong Size { get; set; }

    public ulong Blocks { get; set; }

    public uint BlkSize { get; set; }

    public KernelTime ATime { get; set; }

    public KernelTime MTime { get; set; }

    public KernelTime CTime { get; set; }

    public KernelTime? BTime { get; set; }

    /// <summary>fi->attr_version; 0 as long as no attributes were taken.</summary>
    public ulong AttrVersion { get; set; }

    /// <summary>fi->i_time: until when attributes are believed, ns; 0 is never.</summary>
    public long AttrExpiryNs { get; set; }

    /// <summary>fi->inval_mask: STATX_ bits to be asked for before they are used.</summary>
    public uint InvalMask { get; set; } = uint.MaxValue;

    /// <summary>FUSE_I_ADVISE_RDPLUS.</summary>
    public bool AdvisesReadDirPlus { get; set; }

    /// <summary>FUSE_I_INIT_RDPLUS.</summary>
    public bool CameByReadDirPlus { get; set; }

    /// <summary>FUSE_I_SIZE_UNSTABLE.</summary>
    public bool SizeUnstable { get; set; }

    /// <summary>S_DEAD: a removed directory.</summary>
    public bool IsDead { get; set; }

    /// <summary>S_AUTOMOUNT.</summary>
    public bool IsAutomount { get; init; }

    /// <summary>i_version, which rises where somebody has looked since it last did.</summary>
    public ulong Version { get; private set; }

    private bool _isVersionSeen;

    /// <summary>inode_query_iversion().</summary>
    public ulong QueryVersion()
    {
        _isVersionSeen = true;
        return Version;
    }

    /// <summary>inode_maybe_inc_iversion().</summary>
    public void ChangeVersion()
    {
        Version += _isVersionSeen ? 1u : 0;
        _isVersionSeen = false;
    }

    /// <summary>What is cached of a directory's names.</summary>
    public DirectoryListing Listing { get; } = new();

    /// <summary>Pages of the page cache that are up to date.</summary>
    public HashSet<ulong> Pages { get; } = [];

    /// <summary>
    /// i_count: aliases, open files' releases under way, and who looks at it now.
    /// </summary>
    public int References { get; set; }

    /// <summary>i_dentry.</summary>
    public List<Dentry> Aliases { get; } = [];

    /// <summary>i_rwsem.</summary>
    public KernelLock Lock { get; } = new(wakes);

    public bool IsDirectory => FileModes.IsDirectory(Mode);

    public bool IsRegular => FileModes.IsRegular(Mode);

    public bool IsSymlink => FileModes.IsSymlink(Mode);
}

/// <summary>A time stamp as the server gave it; nanoseconds below 10^9.</summary>
public readonly record struct KernelTime(ulong Seconds, uint Nanoseconds);

/// <summary>What <see cref="SideTable{T}"/> holds of an inode.</summary>
internal struct ColdInode
{
    public KernelInode? Inode;
}
