using HandleCache.Model.Designs;

namespace HandleCache.Lab.Designs;

/// <summary>
/// Finds a design by its one spelling: a shipped name (<c>v2</c>) or the path of a JSON file. The
/// shipped ones are part of the program.
/// </summary>
public static class DesignFiles
{
    private static readonly ShippedFiles Files = new("designs");

    /// <summary>The shipped names, sorted.</summary>
    public static IReadOnlyList<string> ShippedNames => Files.Names;

    /// <summary>Whether a text is the path of a file and no name.</summary>
    public static bool IsPath(string spelling) => ShippedFiles.IsPath(spelling);

    /// <exception cref="BadInputException">Unknown name, or a file that is no design.</exception>
    public static Design Load(string spelling)
    {
        ArgumentNullException.ThrowIfNull(spelling);
        if (Files.Find(spelling) is { } shipped)
            return Parse(shipped, Files.PathOf(spelling));
        return IsPath(spelling)
            ? Parse(ShippedFiles.Read(spelling), spelling)
            : throw new BadInputException(
                $"unknown design '{spelling}'; known: {string.Join(", ", ShippedNames)}, "
                + "or the path of a .json file");
    }

    /// <summary>The text of a shipped design, comments and all: a file to begin with.</summary>
    /// <exception cref="BadInputException">Not a shipped name.</exception>
    public static byte[] Shipped(string name) =>
        Files.Find(name) ?? throw new BadInputException(
            $"unknown design '{name}'; known: {string.Join(", ", ShippedNames)}");

    private static Design Parse(byte[] json, string file) =>
        DesignJson.TryParse(json, out Design? design, out string? error)
            ? design!
            : throw new BadInputException($"{file}: {error}");
}
