using HandleCache.Lab.Workload;

namespace HandleCache.Lab.Validate;

/// <summary>The folder that is served; a generated one is removed at the end.</summary>
internal sealed class TreeFolder : IDisposable
{
    private readonly bool _generated;

    private TreeFolder(string path, bool generated)
    {
        Path = path;
        _generated = generated;
    }

    public string Path { get; }

    /// <exception cref="BadInputException">No such directory, or no room to make one.</exception>
    public static TreeFolder Make(ValidateOptions options, int directories, int files)
    {
        if (options.Source is { } source)
        {
            return Directory.Exists(source)
                ? new TreeFolder(System.IO.Path.GetFullPath(source), generated: false)
                : throw new BadInputException($"{source}: no such directory");
        }

        string parent = options.TreeOn ?? System.IO.Path.GetTempPath();
        if (!Directory.Exists(parent))
            throw new BadInputException($"{parent}: no such directory");
        string path = System.IO.Path.Combine(
            parent, $"handlecache-tree-{System.IO.Path.GetRandomFileName()}");
        TreeFolder folder = new(path, generated: true);
        try
        {
            Directory.CreateDirectory(path);
            SourceTree.Create(path, options.Seed, directories, files);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            folder.Dispose();
            throw new BadInputException($"{path}: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        if (_generated && Directory.Exists(Path))
            TreeRemoval.Remove(Path);
    }
}
