namespace HandleCache.Model.Inodes;

/// <summary>
/// State bits of a record; they share 16 bits with S_IFMT, whose four bits are the upper ones.
/// </summary>
[Flags]
public enum InodeState
{
    None = 0,

    /// <summary>The record is in use.</summary>
    Live = 1 << 0,

    /// <summary>FUSE_I_BAD: every operation on the inode fails with EIO (R15).</summary>
    Bad = 1 << 1,

    /// <summary>
    /// Not found by nodeid any more (remove_inode_hash), though its counts still are.
    /// </summary>
    Unhashed = 1 << 2,

    /// <summary>The superblock's root: never unhashed, never evicted while mounted.</summary>
    Root = 1 << 3,

    /// <summary>S_AUTOMOUNT: an automount point, unhashed from birth.</summary>
    AutoMount = 1 << 4,

    /// <summary>Part of nlookup, above 2^16 - 1, is kept beside the record.</summary>
    WideLookup = 1 << 5,

    /// <summary>The handle lies in an external buffer: FANOTIFY_FH_FLAG_EXT_BUF.</summary>
    HandleSpilled = 1 << 6,

    /// <summary>The handle lies in the record and fills all of its N bytes.</summary>
    HandleFull = 1 << 7,

    /// <summary>Free for whoever owns the table.</summary>
    Owner1 = 1 << 8,

    /// <summary>Free for whoever owns the table.</summary>
    Owner2 = 1 << 9,

    /// <summary>Free for whoever owns the table.</summary>
    Owner3 = 1 << 10,

    /// <summary>Free for whoever owns the table.</summary>
    Owner4 = 1 << 11,
}
