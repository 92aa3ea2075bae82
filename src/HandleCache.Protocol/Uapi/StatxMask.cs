namespace HandleCache.Protocol.Uapi;

/// <summary>STATX_ mask bits and attributes (uapi/linux/stat.h).</summary>
public static class StatxMask
{
    public const uint Type = 0x1;
    public const uint Mode = 0x2;
    public const uint NLink = 0x4;
    public const uint Uid = 0x8;
    public const uint Gid = 0x10;
    public const uint ATime = 0x20;
    public const uint MTime = 0x40;
    public const uint CTime = 0x80;
    public const uint Ino = 0x100;
    public const uint Size = 0x200;
    public const uint Blocks = 0x400;
    public const uint BasicStats = 0x7FF;
    public const uint BirthTime = 0x800;
    public const uint MountId = 0x1000;
    public const uint DioAlign = 0x2000;
    public const uint MountIdUnique = 0x4000;

    /// <summary>STATX_ATTR_MOUNT_ROOT: the object is the root of a mount.</summary>
    public const ulong AttributeMountRoot = 0x2000;
}
