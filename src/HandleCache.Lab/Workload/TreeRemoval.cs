using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload;

/// <summary>Removes a directory with all that is in it, by descriptors.</summary>
internal static class TreeRemoval
{
    /// <summary>The first errno that was in the way; ENOENT is success.</summary>
    public static Errno Remove(FileDescriptor parent, ReadOnlySpan<byte> name)
    {
        Errno errno = Names.Unlink(parent, name, 0);
        if (errno == Errno.ENOENT)
            return Errno.None;
        if (errno != Errno.EISDIR)
            return errno;
        int flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        using FileDescriptor? fd = Files.OpenAt(parent, name, flags, 0, out errno);
        if (fd is null)
            return errno;
        List<byte[]> names = [];
        errno = DirectoryListing.ReadNames(fd, names);
        foreach (byte[] child in names)
        {
            Errno removed = Remove(fd, child);
            errno = errno == Errno.None ? removed : errno;
        }

        return errno == Errno.None ? Names.Unlink(parent, name, AtFlags.RemoveDir) : errno;
    }
}
