using HandleCache.Model;
using HandleCache.Model.Mixes;

namespace HandleCache.Lab.Mixes;

/// <summary>
/// Finds a mix of handles by its one spelling: a shipped name (<c>btrfs</c>), or the path of a JSON
/// file such as `survey --save` writes. The shipped ones are part of the program.
/// </summary>
public static class FileSystemMixes
{
    /// <summary>What the connectable handles of the shipped mixes rest on.</summary>
    public const string ConnectableRule =
        "connectable: one object in ten is a directory (assumed), and what has no connectable "
        + "handle keeps its plain one";

    private static readonly ShippedFiles Files = new("filesystems");

    /// <summary>The shipped names, sorted.</summary>
    public static IReadOnlyList<string> ShippedNames => Files.Names;

    /// <summary>A shipped mix.</summary>
    /// <exception cref="BadInputException">Unknown name; the known ones are listed.</exception>
    public static HandleMix Load(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        byte[] json = Files.Find(name) ?? throw new BadInputException(
            $"unknown file system '{name}'; known: {string.Join(", ", ShippedNames)}; "
            + "for a file use --handles FILE");
        return Parse(json, Files.PathOf(name));
    }

    /// <summary>A mix from a file; its path is its name.</summary>
    /// <exception cref="BadInputException">
    /// Not readable, or no mix: file, line and field are named.
    /// </exception>
    public static HandleMix FromFile(string path) =>
        Parse(ShippedFiles.Read(path), path) with { Name = path };

    /// <summary>
    /// The mix that a command was given: --filesystem NAME or --handles FILE, just one of them;
    /// with connectable handles where those are wanted.
    /// </summary>
    /// <exception cref="BadInputException">None or both; or no connectable handles.</exception>
    public static HandleMix Choose(string? fileSystem, string? file, bool connectable)
    {
        if (fileSystem is not null && file is not null)
            throw new BadInputException("--filesystem and --handles are two mixes; give one");
        if (fileSystem is null && file is null)
        {
            throw new BadInputException(
                "give --filesystem NAME or --handles FILE; file systems: "
                + string.Join(", ", ShippedNames));
        }

        HandleMix mix = file is null ? Load(fileSystem!) : FromFile(file);
        if (!connectable)
            return mix;
        if (file is null)
        {
            // Which of a file system's objects are directories was not measured.
            mix = mix with
            {
                How = ProfileSource.Derived,
                Origin = $"{mix.Origin}; {ConnectableRule}",
            };
        }

        return mix.Connectable.Count > 0
            ? mix.OfConnectable()
            : throw new BadInputException(
                $"{mix.Name}: field 'connectable': missing; only a mix that was surveyed with "
                + "--connectable has it");
    }

    private static HandleMix Parse(byte[] json, string file) =>
        HandleMixJson.TryParse(json, out HandleMix? mix, out string? error)
            ? mix!
            : throw new BadInputException($"{file}: {error}");
}
