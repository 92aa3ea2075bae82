using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload;

/// <summary>Removes a directory with all that is in it, by descriptors.</summary>
internal static class TreeRemoval
{
    /// <summary>
    /// Removes a directory by its path, whatever bytes the names in it are made of, which .NET's
    /// own removal does not take.
    /// </summary>
    /// <exception cref="LinuxException">Something is left.</exception>
    public static void Remove(string path)
    {
        string whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        using FileDescriptor parent = Files.Open(
            Path.GetDirectoryName(whole) ?? "/", OpenFlags.Path | OpenFlags.Directory);
        Errno errno = Remove(parent, BytePath.ToBytes(BytePath.FromText(Path.GetFileName(whole))));
        if (errno != Errno.None)
            throw new LinuxException(errno, "remove", whole);
    }

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
