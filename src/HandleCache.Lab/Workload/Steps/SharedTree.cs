using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>
/// The objects below the root as they are before the work, breadth first and in byte order, so
/// that the same tree gives the same list; scratch directories are left out.
/// </summary>
internal sealed class SharedTree
{
    /// <summary>Enough to choose from; a larger tree is cut here.</summary>
    private const int MaxObjects = 50_000;

    private SharedTree(List<SharedObject> objects)
    {
        Objects = objects;
        Regulars = [.. objects.Where(found => found.IsRegular)];
        Directories = [.. objects.Where(found => found.Names is not null)];
        Symlinks = [.. objects.Where(found => found.IsSymlink)];
    }

    /// <summary>The root is the first.</summary>
    public IReadOnlyList<SharedObject> Objects { get; }

    public IReadOnlyList<SharedObject> Regulars { get; }

    public IReadOnlyList<SharedObject> Directories { get; }

    public IReadOnlyList<SharedObject> Symlinks { get; }

    /// <exception cref="BadInputException">The root itself cannot be looked at.</exception>
    public static SharedTree Collect(FileDescriptor root)
    {
        List<SharedObject> objects = [];
        Queue<string> paths = new([""]);
        while (objects.Count < MaxObjects && paths.TryDequeue(out string? path))
        {
            if (Look(root, path) is not { } found)
                continue;
            objects.Add(found);
            foreach (string name in found.Names ?? [])
                paths.Enqueue(BytePath.Join(path, name));
        }

        return objects.Count > 0
            ? new SharedTree(objects)
            : throw new BadInputException("the root cannot be looked at");
    }

    /// <summary>The names of an open directory, sorted, without scratch directories.</summary>
    public static List<string> Sorted(IEnumerable<string> names)
    {
        List<string> sorted = [.. names.Where(name =>
            !name.StartsWith(Scratch.Prefix, StringComparison.Ordinal))];
        sorted.Sort(StringComparer.Ordinal);
        return sorted;
    }

    private static SharedObject? Look(FileDescriptor root, string path)
    {
        byte[] name = BytePath.ToBytes(path);
        const int Flags = AtFlags.SymlinkNoFollow | AtFlags.EmptyPath;
        if (Metadata.Statx(root, name, Flags, StatxMask.BasicStats, out Statx statx) != Errno.None)
            return null;
        List<string>? names = FileModes.IsDirectory(statx.Mode) ? List(root, name) : null;
        return new SharedObject(path, name, statx, names);
    }

    private static List<string>? List(FileDescriptor root, byte[] path)
    {
        ReadOnlySpan<byte> name = path.Length == 1 ? ".\0"u8 : path;
        int flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        using FileDescriptor? fd = Files.OpenAt(root, name, flags, 0, out _);
        List<byte[]> names = [];
        if (fd is null || DirectoryListing.ReadNames(fd, names) != Errno.None)
            return null;
        return Sorted(names.Select(bytes => BytePath.FromBytes(bytes.AsSpan(..^1))));
    }
}

/// <summary>An object of the tree that nobody changes, as it was found.</summary>
/// <param name="Path">From the root; "" is the root.</param>
/// <param name="PathBytes">The same with a NUL.</param>
/// <param name="Found">Its attributes.</param>
/// <param name="Names">Of a directory that could be read: its names, sorted.</param>
internal sealed record SharedObject(
    string Path, byte[] PathBytes, Statx Found, IReadOnlyList<string>? Names)
{
    /// <summary>Hash of the first bytes once somebody has read them.</summary>
    public byte[]? ContentHash { get; set; }

    public bool IsDirectory => FileModes.IsDirectory(Found.Mode);

    public bool IsRegular => FileModes.IsRegular(Found.Mode);

    public bool IsSymlink => FileModes.IsSymlink(Found.Mode);
}
