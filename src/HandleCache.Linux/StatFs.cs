using System.Runtime.InteropServices;

namespace HandleCache.Linux;

/// <summary>struct statfs of the 64-bit architectures, 120 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct StatFs
{
    /// <summary>Magic number of the file system (uapi/linux/magic.h).</summary>
    public long Type { get; init; }

    public long BlockSizeBytes { get; init; }

    public ulong Blocks { get; init; }

    public ulong BlocksFree { get; init; }

    public ulong BlocksAvailable { get; init; }

    public ulong Files { get; init; }

    public ulong FilesFree { get; init; }

    public ulong FileSystemId { get; init; }

    public long NameLengthMax { get; init; }

    public long FragmentSizeBytes { get; init; }

    public long MountFlags { get; init; }

    private ulong Spare1 { get; init; }

    private ulong Spare2 { get; init; }

    private ulong Spare3 { get; init; }

    private ulong Spare4 { get; init; }
}
