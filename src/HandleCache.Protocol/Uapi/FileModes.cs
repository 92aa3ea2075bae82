namespace HandleCache.Protocol.Uapi;

/// <summary>
/// The file type and permission bits of st_mode (uapi/linux/stat.h); the permissions that end in
/// digits are what chmod(1) calls them.
/// </summary>
public static class FileModes
{
    /// <summary>S_IFMT.</summary>
    public const uint TypeMask = 0xF000;
    public const uint Socket = 0xC000;
    public const uint Symlink = 0xA000;
    public const uint Regular = 0x8000;
    public const uint BlockDevice = 0x6000;
    public const uint Directory = 0x4000;
    public const uint CharacterDevice = 0x2000;
    public const uint Fifo = 0x1000;

    /// <summary>How far the type bits are shifted in a dirent's type (S_DT_SHIFT).</summary>
    public const int TypeShift = 12;

    public const uint SetUid = 0x800;
    public const uint SetGid = 0x400;
    public const uint Sticky = 0x200;

    /// <summary>S_IALLUGO: everything that chmod(2) can set.</summary>
    public const uint PermissionMask = 0xFFF;

    /// <summary>S_IRWXUGO.</summary>
    public const uint AccessMask = 0x1FF;

    /// <summary>S_IXUGO.</summary>
    public const uint ExecuteMask = 0x49;

    /// <summary>S_IXGRP.</summary>
    public const uint GroupExecute = 0x8;

    public const uint Octal600 = 0x180;
    public const uint Octal644 = 0x1A4;
    public const uint Octal666 = 0x1B6;
    public const uint Octal700 = 0x1C0;
    public const uint Octal755 = 0x1ED;
    public const uint Octal777 = 0x1FF;

    public const uint Directory755 = Directory | Octal755;
    public const uint Regular644 = Regular | Octal644;
    public const uint Symlink777 = Symlink | Octal777;

    public static bool IsDirectory(uint mode) => (mode & TypeMask) == Directory;

    public static bool IsRegular(uint mode) => (mode & TypeMask) == Regular;

    public static bool IsSymlink(uint mode) => (mode & TypeMask) == Symlink;

    /// <summary>fuse_valid_type(), fs/fuse/dir.c: one of the seven types of file.</summary>
    public static bool IsFileType(uint mode) => (mode & TypeMask)
        is Regular or Directory or Symlink or CharacterDevice or BlockDevice or Fifo or Socket;
}
