using System.Reflection;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Kernels;

/// <summary>
/// Finds a kernel profile by its one spelling: a shipped name (<c>6.18</c>), <c>this</c> for the
/// running kernel, or the path of a JSON file. The shipped ones are part of the program.
/// </summary>
public static class KernelProfiles
{
    public const string RunningName = "this";

    private const string Prefix = "kernels/";
    private const string Suffix = ".json";

    /// <summary>Largest profile read from a file, in bytes.</summary>
    private const int MaxFileBytes = 1 << 20;

    /// <summary>The shipped names in order of version.</summary>
    public static IReadOnlyList<string> ShippedNames { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => n[Prefix.Length..^Suffix.Length])
            .OrderBy(n => KernelVersion.TryParse(n, out KernelVersion v) ? v : default)];

    /// <summary>
    /// The profile, on a machine of <paramref name="cpus"/> CPUs where that is given.
    /// </summary>
    /// <exception cref="BadInputException">Unknown name, or a file that is no profile.</exception>
    /// <exception cref="MissingRequirementException">The running kernel cannot be read.</exception>
    public static KernelProfile Load(string spelling, int? cpus = null)
    {
        ArgumentNullException.ThrowIfNull(spelling);
        return OnCpus(Find(spelling), cpus);
    }

    /// <summary>The same kernel on so many CPUs, or as it is.</summary>
    /// <exception cref="BadInputException">Not 1..8192.</exception>
    internal static KernelProfile OnCpus(KernelProfile kernel, int? cpus)
    {
        if (cpus is null)
            return kernel;
        return cpus is >= 1 and <= 8192
            ? kernel.WithCpus(cpus.Value)
            : throw new BadInputException($"{cpus} CPUs: not 1..8192");
    }

    /// <summary>
    /// The profile without regard to its structs: the running kernel needs no BTF then.
    /// </summary>
    internal static KernelProfile LoadSwitches(string spelling, int? cpus) =>
        string.Equals(spelling, RunningName, StringComparison.Ordinal)
            ? OnCpus(RunningKernel.ReadWithoutStructs(), cpus)
            : Load(spelling, cpus);

    /// <summary>The version alone of a kernel that is spelled as in <see cref="Load"/>.</summary>
    /// <exception cref="BadInputException">Unknown name, or a file that is no profile.</exception>
    public static KernelVersion VersionOf(string spelling)
    {
        ArgumentNullException.ThrowIfNull(spelling);
        return LoadSwitches(spelling, null).Version;
    }

    private static KernelProfile Find(string spelling)
    {
        if (string.Equals(spelling, RunningName, StringComparison.Ordinal))
            return RunningKernel.Read();
        if (ShippedNames.Contains(spelling, StringComparer.Ordinal))
            return Shipped(spelling);
        if (spelling.EndsWith(Suffix, StringComparison.Ordinal)
            || spelling.Contains('/', StringComparison.Ordinal))
        {
            return FromFile(spelling);
        }

        throw new BadInputException(
            $"unknown kernel '{spelling}'; known: {string.Join(", ", ShippedNames)}, "
            + $"{RunningName} (the running one), or the path of a .json file");
    }

    private static KernelProfile Shipped(string name)
    {
        string resource = Prefix + name + Suffix;
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{resource} is not in the program");
        byte[] json = new byte[stream.Length];
        stream.ReadExactly(json);
        return Parse(json, resource);
    }

    private static KernelProfile FromFile(string path)
    {
        try
        {
            FileInfo info = new(path);
            if (info.Exists && info.Length > MaxFileBytes)
                throw new BadInputException($"{path}: {info.Length} bytes, over {MaxFileBytes}");
            return Parse(File.ReadAllBytes(path), path) with { Name = path };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: {e.Message}", e);
        }
    }

    private static KernelProfile Parse(byte[] json, string file) =>
        KernelProfileJson.TryParse(json, out KernelProfile? profile, out string? error)
            ? profile!
            : throw new BadInputException($"{file}: {error}");
}
