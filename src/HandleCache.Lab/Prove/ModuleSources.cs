using System.IO.Hashing;
using System.Reflection;
using System.Text;

namespace HandleCache.Lab.Prove;

/// <summary>
/// The files of models/linux, which are part of the program: the sources of our own that become
/// part of a kernel module, and the table of where fs/fuse calls them.
/// </summary>
internal sealed class ModuleSources
{
    private const string Prefix = "linux/";

    private ModuleSources(string version, IReadOnlyList<Hook> hooks)
    {
        Version = version;
        Hooks = hooks;
    }

    /// <summary>Kernel versions that there is a table for.</summary>
    public static IReadOnlyList<string> Versions { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)
                && name.EndsWith(".hooks", StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^".hooks".Length])
            .Order(StringComparer.Ordinal)];

    /// <summary>Files that are added to those of fs/fuse.</summary>
    public static IReadOnlyList<string> Added { get; } =
        ["handle.h", "slot.c", "form.c", "wire.c", "export.c", "list.c", "Kbuild"];

    public string Version { get; }

    public IReadOnlyList<Hook> Hooks { get; }

    /// <exception cref="BadInputException">No table for that version.</exception>
    public static ModuleSources Of(string version) => Versions.Contains(version)
        ? new ModuleSources(version, HookTable.Parse(Read($"{version}.hooks")))
        : throw new BadInputException(
            $"--kernel: the module is written for {string.Join(", ", Versions)}, "
            + $"not for '{version}'");

    /// <summary>A short name for all of it: a change is another module.</summary>
    public string Digest()
    {
        StringBuilder all = new(Read($"{Version}.hooks"));
        foreach (string name in Added)
            all.Append(Read(name));
        byte[] hash = XxHash128.Hash(Encoding.UTF8.GetBytes(all.ToString()));
        return Convert.ToHexStringLower(hash.AsSpan(0, 6));
    }

    /// <summary>
    /// Writes the module's sources: a copy of fs/fuse with the hooks in it, and our files.
    /// </summary>
    /// <exception cref="MissingRequirementException">A hook does not find its place.</exception>
    public void WriteTo(string folder, string fuse)
    {
        foreach (string path in Directory.GetFiles(fuse))
        {
            string name = Path.GetFileName(path);
            try
            {
                File.WriteAllText(
                    Path.Combine(folder, name),
                    HookPatch.Apply(name, File.ReadAllText(path), Hooks));
            }
            catch (FormatException e)
            {
                throw new MissingRequirementException(
                    $"the hooks for {Version} do not fit this source: {e.Message}", e);
            }
        }

        foreach (string name in Added)
            File.WriteAllText(Path.Combine(folder, name), Read(name));
    }

    private static string Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly()
            .GetManifestResourceStream(Prefix + name)
            ?? throw new InvalidOperationException($"{Prefix}{name} is not in the program");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
