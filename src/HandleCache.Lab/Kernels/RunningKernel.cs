using HandleCache.Linux.Slab;
using HandleCache.Model;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Kernels;

/// <summary>
/// The profile of the running kernel: sizes from its BTF, CPUs from sysfs, version from uname.
/// </summary>
public static class RunningKernel
{
    /// <summary>Its version alone.</summary>
    /// <exception cref="MissingRequirementException">The release begins with no version.
    /// </exception>
    public static KernelVersion Version => VersionOf(ReadMachine().Release);

    /// <exception cref="MissingRequirementException">No BTF, or no FUSE in it.</exception>
    public static KernelProfile Read() =>
        WithStructs(ReadWithoutStructs(), BtfStructs.OfRunningKernel());

    /// <summary>A kernel with the struct sizes of that BTF: another build of it.</summary>
    /// <exception cref="BadInputException">The BTF has no struct fuse_inode.</exception>
    public static KernelProfile WithStructs(KernelProfile kernel, BtfStructs structs)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(structs);
        StructLayout fuseInode = structs.Layout("fuse_inode");
        return kernel with
        {
            VectorEntryBytes = structs.SizeOr("slabobj_ext", 8),
            InodeBytes = structs.Layout("inode").SizeBytes,
            FuseInodeBytes = fuseInode.SizeBytes,
            FuseInodeUsedBytes = fuseInode.UsedBytes,
            FuseInode = fuseInode,
            ForgetLinkBytes = structs.Layout("fuse_forget_link").SizeBytes,
            Sources = [new ProfileSource("structs", ProfileSource.Measured, structs.Path)],
        };
    }

    /// <summary>
    /// Version, CPUs and switches alone, for what needs no FUSE struct: the geometry of any cache.
    /// </summary>
    public static KernelProfile ReadWithoutStructs()
    {
        MachineFacts machine = ReadMachine();
        KernelVersion version = VersionOf(machine.Release);
        return new KernelProfile
        {
            Name = KernelProfiles.RunningName,
            Release = machine.Release,
            Version = version,
            PageBytes = machine.PageBytes,
            CacheLineBytes = machine.CacheLineBytes,
            PresentCpus = machine.PresentCpus,
            PossibleCpus = Math.Max(machine.PresentCpus, machine.PossibleCpus),
            SlabMaxOrder = machine.SlabMaxOrder ?? 3,
            SlabMinOrder = machine.SlabMinOrder ?? 0,
            SlabMinObjects = machine.SlabMinObjects ?? 0,
            Memcg = machine.MemcgKernelMemory,
            InodeBytes = 8,
            FuseInodeBytes = 8,
            FuseInodeUsedBytes = 8,
        };
    }

    private static KernelVersion VersionOf(string release) =>
        KernelVersion.TryParse(release, out KernelVersion version)
            ? version
            : throw new MissingRequirementException($"cannot read release '{release}'");

    private static MachineFacts ReadMachine()
    {
        try
        {
            return MachineFacts.Read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new MissingRequirementException($"this machine cannot be read: {e.Message}", e);
        }
    }
}
