using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Abi;

/// <summary>
/// Entry of LOOKUP_HANDLE v3: no attributes; the handle follows (ABI.md, proposed).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_entry2_out
{
    public ulong nodeid;
    public ulong generation;
    public ulong entry_valid;
    public uint entry_valid_nsec;
    public uint flags;
    public ulong spare;
}

/// <summary>
/// Entry of fusex: no attributes and no generation (ABI.md, proposed).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_entryx_out
{
    public ulong nodeid;
    public ulong entry_valid;
    public uint entry_valid_nsec;
    public uint flags;
    public ulong spare;
}

/// <summary>
/// Head of a compound request, v5 and v6. v7 has two spare u64 in the same 16 bytes, all zero.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_compound_in
{
    public uint flags;
    public uint result_size;
    public ulong reserved;
}

/// <summary>Head of a compound's reply; 16 zero bytes in v7.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_compound_out
{
    public uint flags;
    public uint padding;
    public ulong reserved;
}

/// <summary>Before each part of a v7 compound: the part whose nodeid it takes, or 0xff.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_compound_req_in
{
    public byte dep_index;
    public byte reserved0;
    public byte reserved1;
    public byte reserved2;
}

/// <summary>
/// Argument of fusex' MKOBJX: what to make is in the mode, owner and device of a statx; the name
/// follows (<see cref="namesize"/> bytes with its NUL), and behind a symlink's its target. Known
/// from a third-party client header only, as the opcode (ABI.md, proposed).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_mkobjx_in
{
    public uint namesize;
    public uint flags;
    public U64x7 spare;
    public fuse_statx stat;
}
