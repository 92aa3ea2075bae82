using HandleCache.Linux.Btf;
using HandleCache.Linux.Images;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Kernels;

/// <summary>Structs of one BTF file, as layouts of the model.</summary>
public sealed class BtfStructs
{
    private const string FuseModulePath = "/sys/kernel/btf/fuse";

    private readonly BtfFile _file;

    /// <summary>Whether what is missing in it is missing on this machine.</summary>
    private readonly bool _isRunning;

    private BtfStructs(string path, BtfFile file, bool isRunning = false)
    {
        _isRunning = isRunning;
        Path = path;
        _file = file;
    }

    /// <summary>The file it was read from.</summary>
    public string Path { get; }

    /// <summary>The running kernel's, with the fuse module's where FUSE is a module.</summary>
    /// <exception cref="MissingRequirementException">The kernel shows no BTF.</exception>
    public static BtfStructs OfRunningKernel()
    {
        if (!File.Exists(BtfSource.KernelPath))
        {
            throw new MissingRequirementException(
                $"{BtfSource.KernelPath} is missing: the kernel needs CONFIG_DEBUG_INFO_BTF=y; "
                + "or name a kernel with --kernel");
        }

        if (!BtfSource.TryOpen(BtfSource.KernelPath, null, out BtfFile? vmlinux, out string? error))
            throw new MissingRequirementException(error!);
        if (vmlinux!.FindStruct("fuse_inode") >= 0 || !File.Exists(FuseModulePath))
            return new BtfStructs(BtfSource.KernelPath, vmlinux, isRunning: true);
        return BtfSource.TryOpen(FuseModulePath, vmlinux, out BtfFile? fuse, out error)
            ? new BtfStructs(FuseModulePath, fuse!, isRunning: true)
            : throw new MissingRequirementException(error!);
    }

    /// <summary>Those of a kernel that was read from a file.</summary>
    internal static BtfStructs Of(KernelFile file) => new(file.Path, file.Types);

    /// <summary>What to do where FUSE is a module that the types do not have.</summary>
    private string ModuleHint => _isRunning
        ? " (FUSE may be a module that is not loaded: modprobe fuse)"
        : $" (FUSE may be a module of it: --btf fuse.ko --btf-base {Path})";

    /// <exception cref="BadInputException">There is no such struct in the file.</exception>
    /// <exception cref="MissingRequirementException">
    /// The running kernel has no such struct, or does not show it.
    /// </exception>
    public StructLayout Layout(string name)
    {
        if (!BtfStructReader.TryRead(_file, name, out BtfStruct? found, out BtfError error))
        {
            bool missing = _file.FindStruct(name) < 0;
            string hint = missing && name.StartsWith("fuse", StringComparison.Ordinal)
                ? ModuleHint
                : "";
            string message = $"{Path}: {error.Message}{hint}";
            throw missing && _isRunning
                ? new MissingRequirementException(message + "; or name a kernel with --kernel")
                : new BadInputException(message);
        }

        if (found!.IsUnion)
            throw new BadInputException($"{Path}: {name} is a union, a struct is wanted");
        StructLayout layout = new(name, found.SizeBytes, [.. found.Members.Select(Convert)]);
        return layout.Validate() is { } broken
            ? throw new BadInputException($"{Path}: struct {name}: {broken}")
            : layout;
    }

    /// <summary>sizeof the struct, or a value for kernels that have no such struct.</summary>
    public int SizeOr(string name, int otherwise) =>
        BtfStructReader.TryRead(_file, name, out BtfStruct? found, out _) && found!.SizeBytes > 0
            ? found.SizeBytes
            : otherwise;

    private static StructMember Convert(BtfMember member) => new(
        member.Name, member.TypePrefix, member.TypeSuffix, member.BitOffset, member.SizeBytes,
        member.AlignBytes)
    {
        BitFieldBits = member.BitFieldBits,
        Members = [.. member.Members.Select(Convert)],
    };
}
