using System.Runtime.InteropServices;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>struct statx_timestamp: seconds and nanoseconds since 1970.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct StatxTime
{
    public readonly long Seconds { get; init; }

    public readonly uint Nanoseconds { get; init; }

    private readonly int Reserved { get; init; }
}

/// <summary>
/// struct statx (uapi/linux/stat.h), 256 bytes, one layout on every architecture.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Statx
{
    public uint Mask { get; init; }

    /// <summary>Preferred size of I/O, in bytes.</summary>
    public uint BlockSizeBytes { get; init; }

    public ulong Attributes { get; init; }

    public uint NLink { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Type and permission bits; see <see cref="FileModes"/>.</summary>
    public ushort Mode { get; init; }

    private ushort Padding1 { get; init; }

    /// <summary>Inode number.</summary>
    public ulong Ino { get; init; }

    public ulong SizeBytes { get; init; }

    /// <summary>Allocated space in units of 512 bytes.</summary>
    public ulong Blocks512 { get; init; }

    public ulong AttributesMask { get; init; }

    public StatxTime AccessTime { get; init; }

    public StatxTime BirthTime { get; init; }

    public StatxTime ChangeTime { get; init; }

    public StatxTime ModifyTime { get; init; }

    public uint RdevMajor { get; init; }

    public uint RdevMinor { get; init; }

    public uint DevMajor { get; init; }

    public uint DevMinor { get; init; }

    /// <summary>The mount's id; the unique 64-bit one with STATX_MNT_ID_UNIQUE.</summary>
    public ulong MountId { get; init; }

    public uint DioMemoryAlignBytes { get; init; }

    public uint DioOffsetAlignBytes { get; init; }

    /// <summary>Fields of 6.11 and later that this room does not name.</summary>
    private readonly StatxSpare _spare;
}

/// <summary>The last 96 bytes of struct statx.</summary>
[System.Runtime.CompilerServices.InlineArray(12)]
internal struct StatxSpare
{
    private ulong _first;
}
