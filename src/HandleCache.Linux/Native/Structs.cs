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
