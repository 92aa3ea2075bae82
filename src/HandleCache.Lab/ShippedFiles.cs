using System.Reflection;

namespace HandleCache.Lab;

/// <summary>
/// JSON files of one kind by their one spelling: the name of one that is part of the program, or a
/// path.
/// </summary>
internal sealed class ShippedFiles
{
    private const string Suffix = ".json";

    /// <summary>Largest file that is read, in bytes.</summary>
    private const int MaxFileBytes = 1 << 20;

    private readonly string _prefix;

    /// <param name="folder">Their folder below models/.</param>
    public ShippedFiles(string folder)
    {
        _prefix = folder + "/";
        Names = [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.StartsWith(_prefix, StringComparison.Ordinal))
            .Select(n => n[_prefix.Length..^Suffix.Length])
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>The shipped names, sorted.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether a text is the path of a file and no name.</summary>
    public static bool IsPath(string spelling)
    {
        ArgumentNullException.ThrowIfNull(spelling);
        return spelling.EndsWith(Suffix, StringComparison.Ordinal)
            || spelling.Contains('/', StringComparison.Ordinal);
    }

    /// <summary>What messages call a shipped file.</summary>
    public string PathOf(string name) => _prefix + name + Suffix;

    /// <summary>The bytes of a shipped file; null for a name that none has.</summary>
    public byte[]? Find(string name)
    {
        if (!Names.Contains(name, StringComparer.Ordinal))
            return null;
        string resource = PathOf(name);
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{resource} is not in the program");
        byte[] json = new byte[stream.Length];
        stream.ReadExactly(json);
        return json;
    }

    /// <summary>The bytes of a user's file.</summary>
    /// <exception cref="BadInputException">Not readable, or over 1 MiB.</exception>
    public static byte[] Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            FileInfo info = new(path);
            if (info.Exists && info.Length > MaxFileBytes)
                throw new BadInputException($"{path}: {info.Length} bytes, over {MaxFileBytes}");
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: {e.Message}", e);
        }
    }
}
