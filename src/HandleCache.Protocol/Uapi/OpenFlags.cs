using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Uapi;

/// <summary>
/// open(2) flags (uapi/asm-generic/fcntl.h). Four of them have other bits on arm64
/// (arch/arm64/include/uapi/asm/fcntl.h), so those are chosen when the program starts.
/// </summary>
public static class OpenFlags
{
    private static readonly bool Arm64 =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int AccessMode = 3;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NoCtty = 0x100;
    public const int Truncate = 0x200;
    public const int Append = 0x400;
    public const int NonBlock = 0x800;
    public const int DSync = 0x1000;
    public const int Async = 0x2000;
    public const int NoATime = 0x40000;
    public const int CloseOnExec = 0x80000;
    public const int Sync = 0x101000;
    public const int Path = 0x200000;

    public static readonly int Direct = Arm64 ? 0x10000 : 0x4000;
    public static readonly int LargeFile = Arm64 ? 0x20000 : 0x8000;
    public static readonly int Directory = Arm64 ? 0x4000 : 0x10000;
    public static readonly int NoFollow = Arm64 ? 0x8000 : 0x20000;

    /// <summary>O_TMPFILE, which contains O_DIRECTORY.</summary>
    public static readonly int TmpFile = 0x400000 | Directory;
}
