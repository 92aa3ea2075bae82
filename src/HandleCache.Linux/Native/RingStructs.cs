using System.Runtime.InteropServices;

namespace HandleCache.Linux.Native;

/// <summary>struct io_uring_params (include/uapi/linux/io_uring.h), 120 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RingParameters
{
    public uint SqEntries;
    public uint CqEntries;
    public uint Flags;
    public uint SqThreadCpu;
    public uint SqThreadIdle;
    public uint Features;
    public uint WorkQueueFd;
    public uint Reserved1;
    public uint Reserved2;
    public uint Reserved3;
    public SubmissionOffsets Sq;
    public CompletionOffsets Cq;
}

/// <summary>struct io_sqring_offsets: where in the mapping of the ring each counter lies.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SubmissionOffsets
{
    public uint Head;
    public uint Tail;
    public uint RingMask;
    public uint RingEntries;
    public uint Flags;
    public uint Dropped;
    public uint Array;
    public uint Reserved;
    public ulong UserAddress;
}

/// <summary>struct io_cqring_offsets.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionOffsets
{
    public uint Head;
    public uint Tail;
    public uint RingMask;
    public uint RingEntries;
    public uint Overflow;
    public uint Entries;
    public uint Flags;
    public uint Reserved;
    public ulong UserAddress;
}

/// <summary>struct io_uring_cqe, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionEntry
{
    public ulong UserData;
    public int Result;
    public uint Flags;
}

/// <summary>
/// struct io_uring_sqe of 128 bytes (IORING_SETUP_SQE128) as URING_CMD and POLL_ADD use it: 48
/// bytes of head and 80 of command.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct SubmissionEntry
{
    /// <summary>IOSQE_FIXED_FILE: Fd is the index of a registered file.</summary>
    public const byte FixedFile = 1;

    public byte Opcode;
    public byte Flags;
    public ushort Priority;
    public int Fd;

    /// <summary>cmd_op in the low half.</summary>
    public ulong CommandOrOffset;

    public ulong Address;
    public uint Length;

    /// <summary>poll32_events, uring_cmd_flags, ...</summary>
    public uint OperationFlags;

    public ulong UserData;
    public ushort BufferIndex;
    public ushort Personality;
    public int SpliceFd;

    // struct fuse_uring_cmd_req (include/uapi/linux/fuse.h) lies in the command part.
    public ulong CommandFlags;
    public ulong CommitId;
    public ushort QueueId;
}
