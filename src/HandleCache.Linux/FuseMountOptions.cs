using System.Globalization;
using System.Text;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>Options of a FUSE mount (fs/fuse/inode.c, fuse_fs_parameters).</summary>
public sealed record FuseMountOptions
{
    /// <summary>First column of the mount table.</summary>
    public string Source { get; init; } = "handlecache";

    /// <summary>Which FUSE of the kernel.</summary>
    public FuseDriver Driver { get; init; } = FuseDriver.BuiltIn;

    /// <summary>The part after "fuse." in the type column.</summary>
    public string SubType { get; init; } = "handlecache";

    /// <summary>
    /// Type and permission bits of the root (type alone is what the kernel checks).
    /// </summary>
    public uint RootMode { get; init; } = FileModes.Directory;

    public uint UserId { get; init; } = Credentials.EffectiveUserId;

    public uint GroupId { get; init; } = Credentials.EffectiveGroupId;

    /// <summary>Other users than the mounter may use the mount.</summary>
    public bool AllowOther { get; init; } = true;

    /// <summary>The kernel checks permission bits; otherwise the server must.</summary>
    public bool DefaultPermissions { get; init; } = true;

    /// <summary>Largest READ, in bytes; 0 leaves it to the kernel.</summary>
    public uint MaxReadBytes { get; init; }

    public bool ReadOnly { get; init; }

    public bool NoSuid { get; init; } = true;

    public bool NoDev { get; init; } = true;

    public bool NoExec { get; init; }

    /// <summary>The data string of mount(2).</summary>
    internal string Data(int deviceNumber)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        StringBuilder text = new();
        text.Append(plain, $"fd={deviceNumber},rootmode={Convert.ToString(RootMode, 8)}");
        text.Append(plain, $",user_id={UserId},group_id={GroupId}");
        if (AllowOther)
            text.Append(",allow_other");
        if (DefaultPermissions)
            text.Append(",default_permissions");
        if (MaxReadBytes != 0)
            text.Append(plain, $",max_read={MaxReadBytes}");
        return text.ToString();
    }

    /// <summary>MS_ flags of mount(2).</summary>
    internal ulong Flags =>
        (ReadOnly ? 1UL : 0) | (NoSuid ? 2UL : 0) | (NoDev ? 4UL : 0) | (NoExec ? 8UL : 0);
}
