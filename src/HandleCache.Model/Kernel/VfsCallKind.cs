namespace HandleCache.Model.Kernel;

/// <summary>A system call, or a request to the kernel, that a script may hold.</summary>
public enum VfsCallKind
{
    /// <summary>statx(Path); Flags: AT_SYMLINK_NOFOLLOW and AT_STATX_*, Mode: the mask.</summary>
    Stat,

    /// <summary>statx of an open file.</summary>
    FStat,

    /// <summary>statx(Path) from the directory that Slot has open; else as Stat.</summary>
    StatAt,

    /// <summary>faccessat2(Path, Mode, Flags); without AT_EACCESS as root.</summary>
    Access,

    /// <summary>open(Path, Flags, Mode) into Slot, closing what was there.</summary>
    Open,

    Close,

    /// <summary>pread(Slot, Size, Offset).</summary>
    Read,

    /// <summary>pwrite(Slot, Size bytes of a pattern, Offset).</summary>
    Write,

    /// <summary>
    /// getdents64(Slot) until the end with a buffer of Size bytes, from the start.
    /// </summary>
    ReadDir,

    /// <summary>One getdents64(Slot) with a buffer of Size bytes, from where it stands.</summary>
    ReadDirOnce,

    MkDir,

    MkNod,

    /// <summary>symlink(Path2, Path).</summary>
    Symlink,

    /// <summary>link(Path, Path2), symlinks not followed.</summary>
    Link,

    Unlink,

    RmDir,

    /// <summary>renameat2(Path, Path2, Flags).</summary>
    Rename,

    /// <summary>chmod(Path, Mode) of what a path names.</summary>
    ChMod,

    /// <summary>chown(Path): group Mode, user Owner.</summary>
    ChOwn,

    /// <summary>truncate(Path, Size).</summary>
    Truncate,

    /// <summary>ftruncate(Slot, Size).</summary>
    FTruncate,

    /// <summary>fallocate(Slot, Flags: FALLOC_FL_*, Offset, Size).</summary>
    FAllocate,

    /// <summary>utimensat(Path): both times Size seconds.</summary>
    UTimes,

    /// <summary>getxattr(Path, Path2, Size bytes of room).</summary>
    GetXattr,

    /// <summary>setxattr(Path, Path2, Size bytes of a pattern, Flags).</summary>
    SetXattr,

    /// <summary>listxattr(Path, Size bytes of room).</summary>
    ListXattr,

    RemoveXattr,

    ReadLink,

    /// <summary>fstatfs of what a path names.</summary>
    StatFs,

    /// <summary>fsync(Slot); Flags 1: fdatasync.</summary>
    FSync,

    /// <summary>name_to_handle_at(Path, Flags) into handle slot Slot.</summary>
    NameToHandle,

    /// <summary>open_by_handle_at(handle slot Slot, Flags) into file slot Mode.</summary>
    OpenByHandle,

    /// <summary>The clock goes on by Offset ns.</summary>
    Sleep,

    /// <summary>The server sends FUSE_NOTIFY_INVAL_INODE for what Path names.</summary>
    NotifyInvalInode,

    /// <summary>... INVAL_ENTRY for Path; Flags: FUSE_EXPIRE_ONLY.</summary>
    NotifyInvalEntry,

    /// <summary>... DELETE for Path; Flags is added to the child's nodeid.</summary>
    NotifyDelete,

    /// <summary>... PRUNE for what Path and, where it is there, Path2 name.</summary>
    NotifyPrune,

    /// <summary>
    /// ... INC_EPOCH; Flags 1: from another server, which has taken over from a dead one and knows
    /// none of its nodeids and open files.
    /// </summary>
    NotifyIncEpoch,
}
