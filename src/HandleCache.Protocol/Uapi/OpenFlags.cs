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

/// <summary>Flags of the *at calls (uapi/linux/fcntl.h).</summary>
public static class AtFlags
{
    /// <summary>AT_FDCWD: the working directory in place of a descriptor.</summary>
    public const int FdCwd = -100;

    public const int SymlinkNoFollow = 0x100;
    public const int EAccess = 0x200;
    public const int RemoveDir = 0x200;
    public const int SymlinkFollow = 0x400;
    public const int NoAutomount = 0x800;
    public const int EmptyPath = 0x1000;

    public const int StatxSyncAsStat = 0;
    public const int StatxForceSync = 0x2000;
    public const int StatxDontSync = 0x4000;

    /// <summary>name_to_handle_at: a handle that only identifies; open may refuse it.</summary>
    public const int HandleFid = 0x200;

    /// <summary>name_to_handle_at: the mount id is the unique 64-bit one (since 6.12).</summary>
    public const int HandleMountIdUnique = 0x1;

    /// <summary>name_to_handle_at: the handle also names the parent (since 6.13).</summary>
    public const int HandleConnectable = 0x2;
}

/// <summary>Flags of renameat2(2) (uapi/linux/fs.h).</summary>
public static class RenameFlags
{
    public const uint NoReplace = 1;
    public const uint Exchange = 2;
    public const uint Whiteout = 4;
}

/// <summary>Modes of fallocate(2) (uapi/linux/falloc.h).</summary>
public static class AllocateFlags
{
    public const int KeepSize = 0x1;
    public const int PunchHole = 0x2;
    public const int CollapseRange = 0x8;
    public const int ZeroRange = 0x10;
    public const int InsertRange = 0x20;
    public const int UnshareRange = 0x40;

    /// <summary>Since 6.17.</summary>
    public const int WriteZeroes = 0x80;

    /// <summary>The modes proper, of which there is at most one; none allocates.</summary>
    public const int ModeMask =
        PunchHole | CollapseRange | ZeroRange | InsertRange | UnshareRange | WriteZeroes;
}

/// <summary>Flags of setxattr(2) (uapi/linux/xattr.h).</summary>
public static class XattrFlags
{
    public const int Create = 1;
    public const int Replace = 2;

    /// <summary>XATTR_SIZE_MAX: the longest value, bytes.</summary>
    public const int MaxValueBytes = 65536;
}
