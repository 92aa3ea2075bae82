using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// The directory that is served, held through a private copy of its mount without what is
/// mounted below: a handle names an object of one file system, so the tree must be of one too.
/// Where the source has another mount below, the directory under that mount is served.
/// </summary>
/// <remarks>
/// A bind mount of the same file system is not followed either. Subvolumes of btrfs are part of
/// the file system, and their handles carry the subvolume.
/// </remarks>
internal sealed class SourceTree : IDisposable
{
    private const int PathFlags = OpenFlags.Path;

    /// <summary>Kept open: the copied mount is taken apart when this is closed.</summary>
    private readonly FileDescriptor _clone;

    /// <exception cref="HandlesNotSupportedException">The file system has no handles.</exception>
    /// <exception cref="LinuxException">No such directory, or no rights.</exception>
    public SourceTree(string directory)
    {
        if (Credentials.WhyNotOpenByHandle() is { } reason)
            throw new LinuxException(Errno.EPERM, reason, directory);
        _clone = Mounts.CloneWithoutSubmounts(directory);
        Root = Files.OpenAt(_clone, ".\0"u8, OpenFlags.Directory, 0, out Errno opening)
            ?? throw CannotOpen(opening, directory);
        Errno errno = FileHandles.Get(Root, out FileHandleBuffer handle);
        RootHandle = handle;
        if (errno == Errno.None)
        {
            using FileDescriptor? opened = Open(handle, PathFlags, out errno);
        }

        if (errno == Errno.None)
            return;
        Dispose();
        throw errno is Errno.EPERM
            ? new LinuxException(errno, "open_by_handle_at", directory)
            : new HandlesNotSupportedException(directory, errno);
    }

    /// <summary>The directory, open for reading: open_by_handle_at takes no O_PATH one.</summary>
    public FileDescriptor Root { get; }

    public FileHandleBuffer RootHandle { get; }

    /// <summary>Opens by handle; ESTALE when the object is no more.</summary>
    public FileDescriptor? Open(in FileHandleBuffer handle, int flags, out Errno errno) =>
        FileHandles.Open(Root, handle, flags, out errno);

    /// <summary>An O_PATH descriptor by handle, of any kind of object.</summary>
    public FileDescriptor? OpenPath(in FileHandleBuffer handle, out Errno errno) =>
        Open(handle, PathFlags | OpenFlags.NoFollow, out errno);

    public void Dispose()
    {
        Root.Dispose();
        _clone.Dispose();
    }

    private LinuxException CannotOpen(Errno errno, string directory)
    {
        _clone.Dispose();
        return new LinuxException(errno, "open", directory);
    }
}

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
