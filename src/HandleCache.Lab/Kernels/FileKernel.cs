using System.Globalization;
using HandleCache.Linux.Images;
using HandleCache.Linux.Slab;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Kernels;

/// <summary>
/// The profile of a kernel that is read from a file of it and need not run: structs from its
/// BTF, version from its banner, switches from its configuration; the rest is assumed and said.
/// </summary>
internal static class FileKernel
{
    private const int MachineX86 = 62;
    private const string SysfsPrefix = "/sys/kernel/btf/";
    private const StringComparison Ordinal = StringComparison.Ordinal;

    /// <summary>The profile with struct fuse_inode in it.</summary>
    /// <exception cref="BadInputException">
    /// Damaged, no kernel, without FUSE, or it does not tell its version and none is named.
    /// </exception>
    /// <exception cref="MissingRequirementException">It has no BTF.</exception>
    public static KernelProfile Load(BtfChoice choice, int? cpus)
    {
        (KernelProfile kernel, BtfStructs structs) = Read(choice, cpus);
        return RunningKernel.WithStructs(kernel, structs);
    }

    /// <summary>The profile without its structs, and those.</summary>
    /// <exception cref="BadInputException">As <see cref="Load"/>.</exception>
    /// <exception cref="MissingRequirementException">It has no BTF.</exception>
    public static (KernelProfile Kernel, BtfStructs Structs) Read(BtfChoice choice, int? cpus)
    {
        if (!KernelFile.TryOpen(
            choice.Path, choice.BasePath, out KernelFile? file, out KernelFileError? error))
        {
            throw Refusal(error!);
        }

        KernelProfile kernel = IsOfRunningKernel(file!) && choice.RulesOf is null
            ? NamedByRelease(RunningKernel.ReadWithoutStructs())
            : Switches(file!, choice);
        if (cpus is null)
            return (kernel, BtfStructs.Of(file!));
        return (
            KernelProfiles.OnCpus(kernel, cpus) with
            {
                Assumed = [.. kernel.Assumed.Where(a => !a.EndsWith(" CPUs", Ordinal))],
            },
            BtfStructs.Of(file!));
    }

    private static LabException Refusal(KernelFileError error)
    {
        if (!error.LacksTypes)
            return new BadInputException(error.Message);
        string profile = KernelVersion.TryParse(error.Release, out KernelVersion version)
            ? $"; it is {error.Release}: use --kernel {Nearest(version)}"
            : "; use --kernel with a profile: " + string.Join(", ", KernelProfiles.ShippedNames);
        return new MissingRequirementException(error.Message + profile);
    }

    /// <summary>The shipped profile of that version, or the last one before it.</summary>
    private static string Nearest(KernelVersion version) => KernelProfiles.ShippedNames
        .LastOrDefault(name => KernelVersion.TryParse(name, out KernelVersion v) && v <= version)
        ?? KernelProfiles.ShippedNames[0];

    private static bool IsOfRunningKernel(KernelFile file) => file.Release is null
        && Path.GetFullPath(file.Path).StartsWith(SysfsPrefix, Ordinal);

    private static KernelProfile NamedByRelease(KernelProfile kernel) =>
        kernel with { Name = kernel.Release };

    private static KernelProfile Switches(KernelFile file, BtfChoice choice)
    {
        string? release = file.Release ?? file.Config?.Release;
        if (choice.RulesOf is { } named)
        {
            KernelProfile given = KernelProfiles.LoadSwitches(named, null);
            if (KernelVersion.TryParse(release, out KernelVersion own) && own != given.Version)
            {
                throw new BadInputException(
                    $"--kernel {named} is {given.Version}, {file.Path} is {release}: leave it out");
            }

            return given with
            {
                Name = release ?? Path.GetFileName(file.Path),
                Release = release ?? $"{given.Version} by --kernel",
                Measured = [],
            };
        }

        if (!KernelVersion.TryParse(release, out KernelVersion version))
        {
            throw new BadInputException(
                $"{file.Path}: nothing in it tells the kernel's version, and the rules depend on "
                + "it: name a kernel of that version with --kernel (layout and sweep take both)");
        }

        return Configured(file, release!, version);
    }

    private static KernelProfile Configured(
        KernelFile file, string release, KernelVersion version)
    {
        if (file.Config?.IsSet("SLAB") == true && !version.IsAtLeast(6, 8))
            throw new BadInputException($"{file.Path}: built with CONFIG_SLAB; SLUB is modelled");
        List<string> assumed = [];
        int cpus = MachineFacts.Read().PresentCpus;
        assumed.Add(string.Create(CultureInfo.InvariantCulture, $"{cpus} CPUs"));
        int? page = PageBytesOf(file);
        if (page is null)
            assumed.Add("pages of 4096");
        if (file.Machine != MachineX86)
            assumed.Add("kmalloc and cache lines as on x86-64");
        if (file.Config is null)
            assumed.Add("memcg on");
        return new KernelProfile
        {
            Name = release,
            Release = release,
            Version = version,
            PageBytes = page ?? 4096,
            CacheLineBytes = 1 << (file.Config?.Number("X86_L1_CACHE_SHIFT") ?? 6),
            PresentCpus = cpus,
            PossibleCpus = cpus,
            SlabMaxOrder = file.Config?.IsSet("SLUB_TINY") == true ? 1 : 3,
            Memcg = file.Config?.IsSet("MEMCG") ?? true,
            InodeBytes = 8,
            FuseInodeBytes = 8,
            FuseInodeUsedBytes = 8,
            Assumed = assumed,
        };
    }

    /// <summary>By architecture or configuration; null where neither tells.</summary>
    private static int? PageBytesOf(KernelFile file)
    {
        if (file.Machine == MachineX86)
            return 4096;
        if (file.Config?.Number("PAGE_SHIFT") is { } shift)
            return 1 << shift;
        (string Name, int Bytes)[] sizes = [("4K", 4096), ("16K", 16384), ("64K", 65536)];
        return sizes
            .Where(s => file.Config?.IsSet($"ARM64_{s.Name}_PAGES") == true)
            .Select(s => (int?)s.Bytes)
            .FirstOrDefault();
    }
}
