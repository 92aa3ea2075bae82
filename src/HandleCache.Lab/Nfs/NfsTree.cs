using System.Globalization;
using System.Text;
using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Nfs;

/// <summary>A file as the client of the export knows it.</summary>
internal sealed class NfsFile
{
    public required string Path { get; init; }

    /// <summary>What is in it, and in no other file.</summary>
    public required string Token { get; set; }

    public ulong Ino { get; set; }

    /// <summary>The client's handle, which has the server's in it.</summary>
    public FileHandleBuffer Handle { get; set; }

    /// <summary>Open for reading and writing; null for most.</summary>
    public FileDescriptor? Open { get; set; }

    /// <summary>O_PATH, of which the server knows nothing; null for most.</summary>
    public FileDescriptor? Held { get; set; }
}

/// <summary>A directory, and a descriptor of it as a process has one of its working directory.
/// </summary>
internal sealed class NfsDirectory
{
    public required string Path { get; init; }

    public ulong Ino { get; set; }

    public FileHandleBuffer Handle { get; set; }

    public FileDescriptor? Held { get; set; }

    public List<NfsFile> Files { get; } = [];
}

/// <summary>
/// Directories of files, each with a content of its own, seen through a client of the export: of
/// each the handle, of some an open file, of others a descriptor that holds nothing on the server.
/// </summary>
internal sealed class NfsTree : IDisposable
{
    private readonly FileDescriptor _root;
    private readonly ulong _seed;
    private ulong _next;

    /// <param name="client">Where the export is mounted.</param>
    /// <param name="seed">Of the contents.</param>
    public NfsTree(string client, ulong seed)
    {
        _root = Files.Open(client, OpenFlags.ReadOnly | OpenFlags.Directory);
        _seed = seed;
    }

    /// <summary>The mount, for <see cref="FileHandles"/>.</summary>
    public FileDescriptor Root => _root;

    public List<NfsDirectory> Directories { get; } = [];

    public IEnumerable<NfsFile> AllFiles => Directories.SelectMany(directory => directory.Files);

    /// <summary>A content that no other file has or had.</summary>
    public string NewToken() => string.Create(
        CultureInfo.InvariantCulture,
        $"{SplitMix64.Mix(_seed, _next):x16} {_next++:d6}\n");

    /// <summary>
    /// Makes directories of files: every other below <paramref name="source"/> before any client
    /// has seen them, the others through the export. Then looks each up.
    /// </summary>
    /// <exception cref="IOException">The export does not do what any file system does.</exception>
    public void Make(string source, string client, int directories, int files)
    {
        for (int d = 0; d < directories; d++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"d{d}");
            string below = d % 2 == 0 ? source : client;
            Directory.CreateDirectory(Path.Combine(below, name));
            NfsDirectory directory = new() { Path = name };
            for (int f = 0; f < files; f++)
            {
                NfsFile file = new()
                {
                    Path = string.Create(CultureInfo.InvariantCulture, $"{name}/f{f}"),
                    Token = NewToken(),
                };
                File.WriteAllText(Path.Combine(below, file.Path), file.Token);
                directory.Files.Add(file);
            }

            Directories.Add(directory);
        }

        foreach (NfsDirectory directory in Directories)
        {
            directory.Held = Open(directory.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
            directory.Ino = InoOf(directory.Held);
            directory.Handle = HandleOf(directory.Held);
            foreach (NfsFile file in directory.Files)
            {
                FileDescriptor held = Open(file.Path, OpenFlags.Path);
                file.Ino = InoOf(held);
                file.Handle = HandleOf(held);
                int index = directory.Files.IndexOf(file);
                if (index % 4 == 1)
                    file.Held = held;
                else
                    held.Dispose();
                if (index % 4 == 2)
                    file.Open = Open(file.Path, OpenFlags.ReadWrite);
            }
        }
    }

    /// <summary>Closes what is open on the server.</summary>
    public void CloseFiles()
    {
        foreach (NfsFile file in AllFiles)
        {
            file.Open?.Dispose();
            file.Open = null;
        }
    }

    /// <summary>
    /// Writes back, then takes back pages, dentries and inodes that nobody uses: a guest's.
    /// </summary>
    public void DropCaches()
    {
        Files.SyncFileSystem(_root);
        File.WriteAllText("/proc/sys/vm/drop_caches", "3");
    }

    public void Dispose()
    {
        foreach (NfsFile file in AllFiles)
        {
            file.Open?.Dispose();
            file.Held?.Dispose();
        }

        foreach (NfsDirectory directory in Directories)
            directory.Held?.Dispose();
        _root.Dispose();
    }

    /// <summary>What a descriptor reads, from its beginning; null with the errno.</summary>
    public static string? Read(FileDescriptor fd, out Errno errno)
    {
        Span<byte> room = stackalloc byte[256];
        SysResult read = Files.ReadAt(fd, room, 0);
        errno = read.Errno;
        return read.Failed ? null : Encoding.ASCII.GetString(room[..(int)read.Value]);
    }

    private FileDescriptor Open(string path, int flags) =>
        Files.OpenAt(_root, CString.FromString(path), flags, 0, out Errno errno)
        ?? throw new LinuxException(errno, "open", path);

    private static ulong InoOf(FileDescriptor fd)
    {
        Errno errno = Metadata.Statx(fd, StatxMask.BasicStats, out Statx statx);
        return errno == Errno.None ? statx.Ino : throw new LinuxException(errno, "statx");
    }

    private static FileHandleBuffer HandleOf(FileDescriptor fd)
    {
        Errno errno = FileHandles.Get(fd, out FileHandleBuffer handle);
        return errno == Errno.None
            ? handle
            : throw new LinuxException(errno, "name_to_handle_at");
    }
}
