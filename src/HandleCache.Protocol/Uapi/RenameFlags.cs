namespace HandleCache.Protocol.Uapi;

/// <summary>Flags of renameat2(2) (uapi/linux/fs.h).</summary>
public static class RenameFlags
{
    public const uint NoReplace = 1;
    public const uint Exchange = 2;
    public const uint Whiteout = 4;
}

/// <summary>Flags of setxattr(2) (uapi/linux/xattr.h).</summary>
public static class XattrFlags
{
    public const int Create = 1;
    public const int Replace = 2;

    /// <summary>XATTR_SIZE_MAX: the longest value, bytes.</summary>
    public const int MaxValueBytes = 65536;
}
