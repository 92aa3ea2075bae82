using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Passthrough;

/// <summary>The source's file system gives no handles that can be opened again.</summary>
public sealed class HandlesNotSupportedException : IOException
{
    public HandlesNotSupportedException(string source, Errno errno)
        : base(Text(source, errno), (int)errno)
    {
        Errno = errno;
    }

    public Errno Errno { get; }

    /// <summary>The file systems are those of HANDLES.md.</summary>
    private static string Text(string source, Errno errno) =>
        $"{source}: its file system has no file handles that can be opened ({errno}). "
        + "ext4, xfs, btrfs, tmpfs, f2fs, erofs, squashfs and NFS have them, "
        + "overlayfs with the mount option nfs_export=on; proc, sysfs and ramfs do not.";
}
