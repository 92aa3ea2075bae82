using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Abi;

/// <summary>
/// Reply of every operation that returns an entry (classic part, 128 bytes): nodeid 0 is a
/// negative entry.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_entry_out
{
    public ulong nodeid;
    public ulong generation;
    public ulong entry_valid;
    public ulong attr_valid;
    public uint entry_valid_nsec;
    public uint attr_valid_nsec;
    public fuse_attr attr;
}

/// <summary>Argument of FORGET.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_forget_in
{
    public ulong nlookup;
}

/// <summary>One entry of BATCH_FORGET.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_forget_one
{
    public ulong nodeid;
    public ulong nlookup;
}

/// <summary>Argument of BATCH_FORGET; count times fuse_forget_one follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_batch_forget_in
{
    public uint count;
    public uint dummy;
}

/// <summary>Argument of MKNOD; a name follows.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_mknod_in
{
    public uint mode;
    public uint rdev;
    public uint umask;
    public uint padding;
}

/// <summary>Argument of MKDIR; a name follows.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_mkdir_in
{
    public uint mode;
    public uint umask;
}

/// <summary>
/// Argument of LINK; the new name follows, the request's nodeid is the new parent.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_link_in
{
    public ulong oldnodeid;
}

/// <summary>Argument of RENAME; old and new name follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_rename_in
{
    public ulong newdir;
}

/// <summary>Argument of RENAME2; old and new name follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_rename2_in
{
    public ulong newdir;
    public uint flags;
    public uint padding;
}

/// <summary>Argument of CREATE and TMPFILE; a name follows.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_create_in
{
    public uint flags;
    public uint mode;
    public uint umask;
    public uint open_flags;
}

/// <summary>
/// One directory entry; the name follows at offset 24, records are padded to 8.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_dirent
{
    public ulong ino;
    public ulong off;
    public uint namelen;
    public uint type;
}
