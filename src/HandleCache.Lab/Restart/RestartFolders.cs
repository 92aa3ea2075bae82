using HandleCache.Lab.Workload;

namespace HandleCache.Lab.Restart;

/// <summary>Source, mount point and shadow of one run; removed at the end.</summary>
internal sealed class RestartFolders : IDisposable
{
    /// <exception cref="BadInputException">No such directory, or a read-only one.</exception>
    public RestartFolders(string? on)
    {
        if (on is not null && !Directory.Exists(on))
            throw new BadInputException($"--on: {on}: no such directory");
        string parent = Path.GetFullPath(on ?? Path.GetTempPath());
        Root = Path.Combine(parent, $"handlecache-{Path.GetRandomFileName()}");
        try
        {
            foreach (string path in new[] { Source, Mount, Shadow })
                Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"no directory can be made in {parent}: {e.Message}");
        }
    }

    /// <summary>Holds the three; all that a killed run leaves behind.</summary>
    public string Root { get; }

    public string Source => Path.Combine(Root, "source");

    public string Mount => Path.Combine(Root, "mount");

    public string Shadow => Path.Combine(Root, "shadow");

    public void Dispose() => TreeRemoval.Remove(Root);
}
