using HandleCache.Model.Slab;

namespace HandleCache.Lab.Kernels;

/// <summary>
/// Finds a kernel profile by its one spelling: a shipped name (<c>6.18</c>), <c>this</c> for the
/// running kernel, or the path of a JSON file. The shipped ones are part of the program.
/// </summary>
public static class KernelProfiles
{
    public const string RunningName = "this";

    private static readonly ShippedFiles Files = new("kernels");

    /// <summary>The shipped names in order of version.</summary>
    public static IReadOnlyList<string> ShippedNames { get; } =
        [.. Files.Names.OrderBy(n => KernelVersion.TryParse(n, out KernelVersion v) ? v : default)];

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

    /// <summary>The kernel that a file names where one is given, else the spelled one.</summary>
    /// <exception cref="BadInputException">Unknown name, or a file that is none.</exception>
    /// <exception cref="MissingRequirementException">It cannot be read, or has no BTF.</exception>
    public static KernelProfile Load(string spelling, BtfChoice? btf, int? cpus) =>
        btf is null ? Load(spelling, cpus) : FileKernel.Load(btf, cpus);

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

    /// <summary>The version alone of a kernel, spelled as for its profile.</summary>
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
        if (Files.Find(spelling) is { } shipped)
            return Parse(shipped, Files.PathOf(spelling));
        if (ShippedFiles.IsPath(spelling))
            return Parse(ShippedFiles.Read(spelling), spelling) with { Name = spelling };
        throw new BadInputException(
            $"unknown kernel '{spelling}'; known: {string.Join(", ", ShippedNames)}, "
            + $"{RunningName} (the running one), or the path of a .json file");
    }

    private static KernelProfile Parse(byte[] json, string file) =>
        KernelProfileJson.TryParse(json, out KernelProfile? profile, out string? error)
            ? profile!
            : throw new BadInputException($"{file}: {error}");
}
