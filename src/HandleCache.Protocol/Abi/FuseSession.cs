using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Abi;

/// <summary>Argument of INIT.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_init_in
{
    public uint major;
    public uint minor;
    public uint max_readahead;
    public uint flags;
    public uint flags2;
    public U32x11 unused;
}

/// <summary>Reply of INIT; a shorter one is accepted by the kernel.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_init_out
{
    public uint major;
    public uint minor;
    public uint max_readahead;
    public uint flags;
    public ushort max_background;
    public ushort congestion_threshold;
    public uint max_write;
    public uint time_gran;
    public ushort max_pages;
    public ushort map_alignment;
    public uint flags2;
    public uint max_stack_depth;
    public ushort request_timeout;
    public U16x11 unused;
}

/// <summary>Argument of CUSE_INIT, which begins a character device instead of a mount.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct cuse_init_in
{
    public uint major;
    public uint minor;
    public uint unused;
    public uint flags;
}

/// <summary>Argument of INTERRUPT: the unique of the request meant.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_interrupt_in
{
    public ulong unique;
}

/// <summary>
/// Notification: cached attributes and, from off on, pages of an inode are no longer valid.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_inval_inode_out
{
    public ulong ino;
    public long off;
    public long len;
}

/// <summary>Notification: a dentry is no longer valid; the name and a NUL follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_inval_entry_out
{
    public ulong parent;
    public uint namelen;
    public uint flags;
}

/// <summary>Notification: a name was deleted; the name and a NUL follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_delete_out
{
    public ulong parent;
    public ulong child;
    public uint namelen;
    public uint padding;
}

/// <summary>Notification: data for the page cache follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_store_out
{
    public ulong nodeid;
    public ulong offset;
    public uint size;
    public uint padding;
}

/// <summary>Notification: asks for data of the page cache.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_retrieve_out
{
    public ulong notify_unique;
    public ulong nodeid;
    public ulong offset;
    public uint size;
    public uint padding;
}

/// <summary>Head of NOTIFY_REPLY; the data follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_retrieve_in
{
    public ulong dummy1;
    public ulong offset;
    public uint size;
    public uint dummy2;
    public ulong dummy3;
    public ulong dummy4;
}

/// <summary>
/// Notification: count nodeids (u64) follow whose unused dentries are to go.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_notify_prune_out
{
    public uint count;
    public uint padding;
    public ulong spare;
}

/// <summary>Argument of FUSE_DEV_IOC_BACKING_OPEN.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_backing_map
{
    public int fd;
    public uint flags;
    public ulong padding;
}
