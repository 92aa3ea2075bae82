using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload;

/// <summary>Looks at every object below a root, one directory open for each level.</summary>
internal sealed class TreeWalk
{
    private const int KeptErrors = 20;
    private const int StatxFlags = AtFlags.SymlinkNoFollow | AtFlags.EmptyPath;

    private readonly List<string> _errors = [];
    private long _objects;
    private long _directories;
    private long _errorCount;

    private TreeWalk() { }

    public static WalkReply Walk(FileDescriptor root)
    {
        TreeWalk walk = new();
        walk.Look(root, CString.Empty, "", out Statx _);
        walk._directories++;
        Stack<Level> levels = new();
        try
        {
            levels.Push(walk.Enter(root, owned: false, ""));
            while (levels.TryPeek(out Level? level))
            {
                if (level.Names.TryDequeue(out byte[]? name))
                    walk.Visit(level, name, levels);
                else
                    levels.Pop().Dispose();
            }
        }
        finally
        {
            foreach (Level level in levels)
                level.Dispose();
        }

        return new WalkReply(walk._objects, walk._directories, walk._errorCount, walk._errors);
    }

    private void Visit(Level level, byte[] name, Stack<Level> levels)
    {
        string path = BytePath.Join(level.Path, BytePath.FromBytes(name.AsSpan(..^1)));
        if (!Look(level.Directory, name, path, out Statx statx)
            || !FileModes.IsDirectory(statx.Mode))
            return;
        _directories++;
        int flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        FileDescriptor? fd = Files.OpenAt(level.Directory, name, flags, 0, out Errno errno);
        if (fd is null)
            Fail("openat", path, errno);
        else
            levels.Push(Enter(fd, owned: true, path));
    }

    private bool Look(FileDescriptor dir, ReadOnlySpan<byte> name, string path, out Statx statx)
    {
        Errno errno = Metadata.Statx(dir, name, StatxFlags, StatxMask.BasicStats, out statx);
        if (errno == Errno.None)
            _objects++;
        else
            Fail("statx", path, errno);
        return errno == Errno.None;
    }

    private Level Enter(FileDescriptor directory, bool owned, string path)
    {
        List<byte[]> names = [];
        Errno errno = DirectoryListing.ReadNames(directory, names);
        if (errno != Errno.None)
            Fail("getdents64", path, errno);
        return new Level(directory, owned, path, new Queue<byte[]>(names));
    }

    private void Fail(string call, string path, Errno errno)
    {
        _errorCount++;
        if (_errors.Count < KeptErrors)
            _errors.Add($"{call} {path}: {errno}");
    }

    /// <summary>A directory whose names are being visited.</summary>
    private sealed class Level(
        FileDescriptor directory, bool owned, string path, Queue<byte[]> names) : IDisposable
    {
        public FileDescriptor Directory => directory;

        public string Path => path;

        public Queue<byte[]> Names => names;

        public void Dispose()
        {
            if (owned)
                directory.Dispose();
        }
    }
}
