using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Abi;

/// <summary>Argument of OPEN and OPENDIR.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_open_in
{
    public uint flags;
    public uint open_flags;
}

/// <summary>Reply of OPEN and OPENDIR, second part of CREATE's.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_open_out
{
    public ulong fh;
    public uint open_flags;
    public int backing_id;
}

/// <summary>Argument of RELEASE and RELEASEDIR.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_release_in
{
    public ulong fh;
    public uint flags;
    public uint release_flags;
    public ulong lock_owner;
}

/// <summary>Argument of FLUSH.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_flush_in
{
    public ulong fh;
    public uint unused;
    public uint padding;
    public ulong lock_owner;
}

/// <summary>Argument of READ, READDIR and READDIRPLUS.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_read_in
{
    public ulong fh;
    public ulong offset;
    public uint size;
    public uint read_flags;
    public ulong lock_owner;
    public uint flags;
    public uint padding;
}

/// <summary>Argument of WRITE; the data follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_write_in
{
    public ulong fh;
    public ulong offset;
    public uint size;
    public uint write_flags;
    public ulong lock_owner;
    public uint flags;
    public uint padding;
}

/// <summary>Reply of WRITE and COPY_FILE_RANGE: bytes written.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_write_out
{
    public uint size;
    public uint padding;
}

/// <summary>Argument of FSYNC and FSYNCDIR.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_fsync_in
{
    public ulong fh;
    public uint fsync_flags;
    public uint padding;
}

/// <summary>Argument of FALLOCATE.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_fallocate_in
{
    public ulong fh;
    public ulong offset;
    public ulong length;
    public uint mode;
    public uint padding;
}

/// <summary>Argument of LSEEK (SEEK_DATA and SEEK_HOLE only).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_lseek_in
{
    public ulong fh;
    public ulong offset;
    public uint whence;
    public uint padding;
}

/// <summary>Reply of LSEEK.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_lseek_out
{
    public ulong offset;
}

/// <summary>Argument of COPY_FILE_RANGE and COPY_FILE_RANGE_64.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_copy_file_range_in
{
    public ulong fh_in;
    public ulong off_in;
    public ulong nodeid_out;
    public ulong fh_out;
    public ulong off_out;
    public ulong len;
    public ulong flags;
}

/// <summary>Reply of COPY_FILE_RANGE_64.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_copy_file_range_out
{
    public ulong bytes_copied;
}

/// <summary>A POSIX lock; end is inclusive.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_file_lock
{
    public ulong start;
    public ulong end;
    public uint type;
    public uint pid;
}

/// <summary>Argument of GETLK, SETLK and SETLKW.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_lk_in
{
    public ulong fh;
    public ulong owner;
    public fuse_file_lock lk;
    public uint lk_flags;
    public uint padding;
}

/// <summary>Reply of GETLK.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_lk_out
{
    public fuse_file_lock lk;
}

/// <summary>Argument of IOCTL.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_ioctl_in
{
    public ulong fh;
    public uint flags;
    public uint cmd;
    public ulong arg;
    public uint in_size;
    public uint out_size;
}

/// <summary>Reply of IOCTL.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_ioctl_out
{
    public int result;
    public uint flags;
    public uint in_iovs;
    public uint out_iovs;
}

/// <summary>Argument of POLL.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_poll_in
{
    public ulong fh;
    public ulong kh;
    public uint flags;
    public uint events;
}

/// <summary>Reply of POLL.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_poll_out
{
    public uint revents;
    public uint padding;
}

/// <summary>Argument of BMAP.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_bmap_in
{
    public ulong block;
    public uint blocksize;
    public uint padding;
}

/// <summary>Reply of BMAP.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_bmap_out
{
    public ulong block;
}

/// <summary>Argument of ACCESS: R_OK, W_OK, X_OK bits.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_access_in
{
    public uint mask;
    public uint padding;
}

/// <summary>Argument of SYNCFS.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_syncfs_in
{
    public ulong padding;
}

/// <summary>
/// Argument of SETXATTR with FUSE_SETXATTR_EXT; name and value follow. Without it the first
/// 8 bytes only.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_setxattr_in
{
    public uint size;
    public uint flags;
    public uint setxattr_flags;
    public uint padding;
}

/// <summary>
/// Argument of GETXATTR (a name follows) and LISTXATTR; size 0 asks for the size.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_getxattr_in
{
    public uint size;
    public uint padding;
}

/// <summary>Reply of GETXATTR and LISTXATTR when the size was asked.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_getxattr_out
{
    public uint size;
    public uint padding;
}

/// <summary>Argument of SETUPMAPPING (DAX of virtiofs).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_setupmapping_in
{
    public ulong fh;
    public ulong foffset;
    public ulong len;
    public ulong flags;
    public ulong moffset;
}

/// <summary>Argument of REMOVEMAPPING: count mappings follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_removemapping_in
{
    public uint count;
}

/// <summary>One mapping that REMOVEMAPPING takes away.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_removemapping_one
{
    public ulong moffset;
    public ulong len;
}
