namespace HandleCache.Architecture.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// Source files of a project of src/, relative to the root, build output left out.
    /// </summary>
    public static IEnumerable<string> FilesOf(string folder) =>
        AllFilesOf(folder).Where(path => path.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>Files of every kind, likewise.</summary>
    public static IEnumerable<string> AllFilesOf(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or ".git"));

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static bool Exists(string file) => File.Exists(Path.Combine(Root, file));

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "HandleCache.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("HandleCache.sln not found above");
    }
}
