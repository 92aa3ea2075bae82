using HandleCache.Lab.Kernels;
using HandleCache.Model;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Memory;

/// <summary>struct fuse_inode, or another struct, with a handle slot placed in it.</summary>
public static class LayoutExperiment
{
    private const string FuseInode = "fuse_inode";

    /// <exception cref="BadInputException">
    /// Unknown kernel, struct or member, a length out of range, or broken BTF.
    /// </exception>
    /// <exception cref="MissingRequirementException">The running kernel shows no BTF.</exception>
    public static LayoutResult Run(LayoutRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        foreach (int length in request.InlineLengths)
        {
            if (length is < 0 or > InodeStep.MaxInlineBytes)
            {
                throw new BadInputException(
                    $"inline length {length}: not 0..{InodeStep.MaxInlineBytes}");
            }
        }

        bool fuse = string.Equals(request.Struct, FuseInode, StringComparison.Ordinal);
        if (request.Sweep && !fuse)
            throw new BadInputException("--sweep needs struct fuse_inode, whose cache is known");
        if ((request.Matrix || request.InlineLengths.Count > 1) && !fuse)
            throw new BadInputException("a table of costs needs struct fuse_inode");
        if (request.Matrix && request.InlineLengths.Count != 1)
            throw new BadInputException("--matrix is for one inline length: --inline N");
        (KernelProfile kernel, StructLayout today, string how) = Resolve(request, fuse);
        CheckMember(today, request.Placement);
        if (fuse && request.InlineBytes is not null
            && kernel.PlacementError(request.Placement) is { } wrong)
        {
            throw new BadInputException(wrong);
        }

        StructLayout layout = request.InlineBytes is { } inline
            ? new HandleSlotLayout(request.Header, inline, false, true)
                .PlaceIn(today, request.Placement)
            : today;
        if (!fuse)
            return new LayoutResult(kernel, today, layout, how, null, null, null, []);
        ObjectCost before = CostOf(kernel, today);
        return new LayoutResult(
            kernel,
            today,
            layout,
            how,
            CostOf(kernel, layout),
            before,
            Kmalloc.CostOf(kernel, kernel.ForgetLinkBytes, KmallocType.Cgroup),
            request.Sweep
                ? InodeSteps.Of(kernel, request.Header, request.Placement)
                : [])
        {
            Lengths = request.InlineLengths.Count > 1
                ? [.. request.InlineLengths.Select(n => LengthOf(kernel, request, n, before))]
                : [],
            Matrix = request.Matrix
                ? LayoutMatrix.Of(
                    kernel, request.Header, request.InlineBytes!.Value, request.Placement,
                    request.Cpus)
                : [],
        };
    }

    private static LengthRow LengthOf(
        KernelProfile kernel, LayoutRequest request, int inline, ObjectCost today)
    {
        StructLayout layout = new HandleSlotLayout(request.Header, inline, false, true)
            .PlaceIn(kernel.FuseInodeLayout(), request.Placement);
        ObjectCost cost = CostOf(kernel, layout);
        return new LengthRow(inline, layout, cost, cost.TotalBytes - today.TotalBytes);
    }

    private static (KernelProfile Kernel, StructLayout Today, string How) Resolve(
        LayoutRequest request, bool fuse)
    {
        bool running = string.Equals(
            request.Kernel, KernelProfiles.RunningName, StringComparison.Ordinal);
        if (request.Btf is null && !running)
        {
            if (!fuse)
            {
                throw new BadInputException(
                    $"a profile knows struct fuse_inode only, not {request.Struct}; "
                    + "use --btf FILE");
            }

            KernelProfile profile = KernelProfiles.Load(request.Kernel, request.Cpus);
            return (profile, profile.FuseInodeLayout(), ProfileSource.Derived);
        }

        (KernelProfile kernel, BtfStructs structs) = request.Btf is { } btf
            ? FileKernel.Read(btf, request.Cpus)
            : (KernelProfiles.LoadSwitches(request.Kernel, request.Cpus),
                BtfStructs.OfRunningKernel());
        if (fuse)
            kernel = RunningKernel.WithStructs(kernel, structs);
        return (kernel, structs.Layout(request.Struct), ProfileSource.Measured);
    }

    private static void CheckMember(StructLayout today, SlotPlacement placement)
    {
        if (placement.Kind != SlotPlacementKind.After || today.IndexOf(placement.Member!) >= 0)
            return;
        IEnumerable<string> names = today.Members.Select(m => m.Name).Where(n => n.Length > 0);
        throw new BadInputException(
            $"struct {today.Name} has no member '{placement.Member}'; it has "
            + string.Join(", ", names));
    }

    private static ObjectCost CostOf(KernelProfile kernel, StructLayout layout) =>
        ObjectCost.Of(kernel, KernelProfile.FuseInodeCache(layout.SizeBytes));
}

/// <summary>What `layout` was asked.</summary>
public sealed record LayoutRequest
{
    public string Kernel { get; init; } = "this";

    public int? Cpus { get; init; }

    /// <summary>A kernel to read the struct from instead, or null.</summary>
    public BtfChoice? Btf { get; init; }

    public string Struct { get; init; } = "fuse_inode";

    public HandleHeader Header { get; init; }

    /// <summary>
    /// Inline bytes of the slot to add, of several slots where several are to be compared; empty
    /// adds none and shows the struct as it is.
    /// </summary>
    public IReadOnlyList<int> InlineLengths { get; init; } = [];

    /// <summary>The first of them, or null.</summary>
    public int? InlineBytes => InlineLengths.Count > 0 ? InlineLengths[0] : null;

    /// <summary>Also what the slot costs as the kernel may be configured.</summary>
    public bool Matrix { get; init; }

    public SlotPlacement Placement { get; init; }

    /// <summary>Also the step table of inline lengths.</summary>
    public bool Sweep { get; init; }
}
