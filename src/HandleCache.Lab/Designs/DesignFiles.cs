using System.Reflection;
using HandleCache.Model.Designs;

namespace HandleCache.Lab.Designs;

/// <summary>
/// Finds a design by its one spelling: a shipped name (<c>v2</c>) or the path of a JSON file. The
/// shipped ones are part of the program.
/// </summary>
public static class DesignFiles
{
    private const string Prefix = "designs/";
    private const string Suffix = ".json";

    /// <summary>Largest design read from a file, in bytes.</summary>
    private const int MaxFileBytes = 1 << 20;

    /// <summary>The shipped names, sorted.</summary>
    public static IReadOnlyList<string> ShippedNames { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => n[Prefix.Length..^Suffix.Length])
            .Order(StringComparer.Ordinal)];

    /// <summary>Whether a text is the path of a file and no name.</summary>
    public static bool IsPath(string spelling)
    {
        ArgumentNullException.ThrowIfNull(spelling);
        return spelling.EndsWith(Suffix, StringComparison.Ordinal)
            || spelling.Contains('/', StringComparison.Ordinal);
    }

    /// <exception cref="BadInputException">Unknown name, or a file that is no design.</exception>
    public static Design Load(string spelling)
    {
        ArgumentNullException.ThrowIfNull(spelling);
        if (ShippedNames.Contains(spelling, StringComparer.Ordinal))
            return Parse(Shipped(spelling), Prefix + spelling + Suffix);
        if (!IsPath(spelling))
        {
            throw new BadInputException(
                $"unknown design '{spelling}'; known: {string.Join(", ", ShippedNames)}, "
                + "or the path of a .json file");
        }

        try
        {
            FileInfo info = new(spelling);
            if (info.Exists && info.Length > MaxFileBytes)
            {
                throw new BadInputException(
                    $"{spelling}: {info.Length} bytes, over {MaxFileBytes}");
            }

            return Parse(File.ReadAllBytes(spelling), spelling);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{spelling}: {e.Message}", e);
        }
    }

    /// <summary>The text of a shipped design, comments and all: a file to begin with.</summary>
    /// <exception cref="BadInputException">Not a shipped name.</exception>
    public static byte[] Shipped(string name)
    {
        if (!ShippedNames.Contains(name, StringComparer.Ordinal))
        {
            throw new BadInputException(
                $"unknown design '{name}'; known: {string.Join(", ", ShippedNames)}");
        }

        string resource = Prefix + name + Suffix;
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{resource} is not in the program");
        byte[] json = new byte[stream.Length];
        stream.ReadExactly(json);
        return json;
    }

    private static Design Parse(byte[] json, string file) =>
        DesignJson.TryParse(json, out Design? design, out string? error)
            ? design!
            : throw new BadInputException($"{file}: {error}");
}
