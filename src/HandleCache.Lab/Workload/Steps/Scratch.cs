using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>
/// The directory that one thread alone changes, its shadow, and the files it has open. Paths are
/// relative to the directory's descriptor.
/// </summary>
internal sealed class Scratch : IDisposable
{
    /// <summary>Name of a thread's directory is this and its number.</summary>
    public const string Prefix = ".hc-work-";

    private const int MaxOpenFiles = 8;

    private readonly List<ShadowNode> _directories;

    public Scratch(FileDescriptor directory, ShadowNode root)
    {
        Directory = directory;
        _directories = [root];
    }

    public FileDescriptor Directory { get; }

    /// <summary>The directory itself first, then those below it.</summary>
    public IReadOnlyList<ShadowNode> Directories => _directories;

    public List<OpenFile> OpenFiles { get; } = [];

    /// <summary>Names in all directories.</summary>
    public int NameCount => _directories.Sum(directory => directory.Children.Count);

    /// <summary>Path of a directory from the scratch directory, "" for that itself.</summary>
    public static string PathOf(ShadowNode directory)
    {
        if (directory.Parent is not { } parent)
            return "";
        string own = parent.Children.Keys[parent.Children.IndexOfValue(directory)];
        return BytePath.Join(PathOf(parent), own);
    }

    /// <summary>Puts a new object in its place.</summary>
    public void Add(ShadowName name, ShadowNode node)
    {
        name.Directory.Children.Add(name.Name, node);
        if (!node.IsDirectory)
            return;
        node.Parent = name.Directory;
        _directories.Add(node);
    }

    /// <summary>Takes a name away, and with the last one the object.</summary>
    public void Remove(ShadowName name)
    {
        ShadowNode node = name.Directory.Children[name.Name];
        name.Directory.Children.Remove(name.Name);
        node.NLink--;
        if (node.IsDirectory)
            _directories.Remove(node);
    }

    /// <summary>Keeps a file open, closing the oldest when there are too many.</summary>
    public void Keep(OpenFile file)
    {
        OpenFiles.Add(file);
        if (OpenFiles.Count > MaxOpenFiles)
            Close(OpenFiles[0]);
    }

    public void Close(OpenFile file)
    {
        OpenFiles.Remove(file);
        file.Fd.Dispose();
    }

    public bool IsOpen(ShadowNode node) => OpenFiles.Exists(file => file.Node == node);

    public void Dispose()
    {
        foreach (OpenFile file in OpenFiles)
            file.Fd.Dispose();
        OpenFiles.Clear();
        Directory.Dispose();
    }
}

/// <summary>An open regular file of the scratch directory; it may have no name any more.</summary>
internal sealed record OpenFile(FileDescriptor Fd, ShadowNode Node, string Path, int Flags)
{
    public bool CanWrite => (Flags & OpenFlags.AccessMode) != OpenFlags.ReadOnly;

    public bool Appends => (Flags & OpenFlags.Append) != 0;
}
