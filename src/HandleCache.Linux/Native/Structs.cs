using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HandleCache.Linux.Native;

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVec
{
    public byte* Base;
    public nuint LengthBytes;
}

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollFd
{
    public int Fd;
    public short Events;
    public short Returned;
}

/// <summary>struct msghdr, with the kernel's padding spelled out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameBytes;
    public uint Padding1;
    public IoVec* Vectors;
    public nuint VectorCount;
    public void* Control;
    public nuint ControlBytes;
    public int Flags;
    public int Padding2;
}

/// <summary>struct cmsghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    public nuint LengthBytes;
    public int Level;
    public int Type;
}

/// <summary>struct flock with 64-bit offsets.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FLock
{
    public short Type;
    public short Whence;
    public int Padding1;
    public long Start;
    public long Length;
    public int Pid;
    public int Padding2;
}

/// <summary>struct __user_cap_header_struct; pid 0 is the calling thread.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CapabilityHeader
{
    /// <summary>_LINUX_CAPABILITY_VERSION_3: two data structs of 32 bits each.</summary>
    public const uint Version3 = 0x20080522;

    public uint Version;
    public int Pid;
}

/// <summary>struct __user_cap_data_struct.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CapabilityData
{
    public uint Effective;
    public uint Permitted;
    public uint Inheritable;
}

/// <summary>struct fuse_backing_map.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BackingMap
{
    public int Fd;
    public uint Flags;
    public ulong Padding;
}

/// <summary>struct file_handle with room for MAX_HANDLE_SZ bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelFileHandle
{
    public uint LengthBytes;
    public int Type;
    public HandleBytes Bytes;
}

/// <summary>MAX_HANDLE_SZ bytes (linux/exportfs.h).</summary>
[InlineArray(128)]
internal struct HandleBytes
{
    private byte _first;
}
