using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Abi;

/// <summary>
/// Attributes of an inode. ino is the inode number shown to user space, not the nodeid.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_attr
{
    public ulong ino;
    public ulong size;
    public ulong blocks;
    public ulong atime;
    public ulong mtime;
    public ulong ctime;
    public uint atimensec;
    public uint mtimensec;
    public uint ctimensec;
    public uint mode;
    public uint nlink;
    public uint uid;
    public uint gid;
    public uint rdev;
    public uint blksize;
    public uint flags;
}

/// <summary>
/// Reply of GETATTR and SETATTR: attributes and how long they may be believed.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_attr_out
{
    public ulong attr_valid;
    public uint attr_valid_nsec;
    public uint dummy;
    public fuse_attr attr;
}

/// <summary>Time of fuse_statx.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_sx_time
{
    public long tv_sec;
    public uint tv_nsec;
    public int reserved;
}

/// <summary>Attributes as statx(2) gives them.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_statx
{
    public uint mask;
    public uint blksize;
    public ulong attributes;
    public uint nlink;
    public uint uid;
    public uint gid;
    public ushort mode;
    public ushort spare0;
    public ulong ino;
    public ulong size;
    public ulong blocks;
    public ulong attributes_mask;
    public fuse_sx_time atime;
    public fuse_sx_time btime;
    public fuse_sx_time ctime;
    public fuse_sx_time mtime;
    public uint rdev_major;
    public uint rdev_minor;
    public uint dev_major;
    public uint dev_minor;
    public U64x14 spare2;
}

/// <summary>Reply of STATX.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_statx_out
{
    public ulong attr_valid;
    public uint attr_valid_nsec;
    public uint flags;
    public U64x2 spare;
    public fuse_statx stat;
}

/// <summary>Argument of GETATTR; fh counts with FUSE_GETATTR_FH.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_getattr_in
{
    public uint getattr_flags;
    public uint dummy;
    public ulong fh;
}

/// <summary>Argument of STATX.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_statx_in
{
    public uint getattr_flags;
    public uint reserved;
    public ulong fh;
    public uint sx_flags;
    public uint sx_mask;
}

/// <summary>Argument of SETATTR; valid says which fields count.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_setattr_in
{
    public uint valid;
    public uint padding;
    public ulong fh;
    public ulong size;
    public ulong lock_owner;
    public ulong atime;
    public ulong mtime;
    public ulong ctime;
    public uint atimensec;
    public uint mtimensec;
    public uint ctimensec;
    public uint mode;
    public uint unused4;
    public uint uid;
    public uint gid;
    public uint unused5;
}

/// <summary>File system statistics.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_kstatfs
{
    public ulong blocks;
    public ulong bfree;
    public ulong bavail;
    public ulong files;
    public ulong ffree;
    public uint bsize;
    public uint namelen;
    public uint frsize;
    public uint padding;
    public U32x6 spare;
}

/// <summary>Reply of STATFS.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_statfs_out
{
    public fuse_kstatfs st;
}
