using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Abi;

/// <summary>
/// Head of every request (40 bytes). total_extlen counts 8-byte units of extensions at the
/// end of the message.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_in_header
{
    public uint len;
    public uint opcode;
    public ulong unique;
    public ulong nodeid;
    public uint uid;
    public uint gid;
    public uint pid;
    public ushort total_extlen;
    public ushort padding;
}

/// <summary>
/// Head of every reply and notification (16 bytes). error is 0 or a negative errno; in a
/// notification (unique 0) the notify code.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_out_header
{
    public uint len;
    public int error;
    public ulong unique;
}

/// <summary>
/// Head of one extension record: size counts this header, records are padded to 8.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_ext_header
{
    public uint size;
    public uint type;
}

/// <summary>Supplementary groups extension: nr_groups times a u32 follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_supp_groups
{
    public uint nr_groups;
}

/// <summary>Security context extension head: size of all contexts, their number.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_secctx_header
{
    public uint size;
    public uint nr_secctx;
}

/// <summary>One security context: size of the value that follows the name.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_secctx
{
    public uint size;
    public uint padding;
}
