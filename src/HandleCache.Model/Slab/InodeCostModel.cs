using HandleCache.Model.Handles;

namespace HandleCache.Model.Slab;

/// <summary>
/// What a design costs per inode on a kernel: everything that does not depend on the handle's
/// length is computed once, the rest is looked up. Immutable.
/// </summary>
public sealed class InodeCostModel
{
    private readonly InodeCost[] _byLength = new InodeCost[HandleStrategy.MaxHandleBytes + 1];

    /// <exception cref="ArgumentException">The placement names no member.</exception>
    public InodeCostModel(KernelProfile kernel, HandleDesign design)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        Kernel = kernel;
        Design = design;
        StructLayout today = kernel.FuseInodeLayout();
        HandleSlotLayout? slot = HandleSlotLayout.Of(design.Strategy, design.Header);
        Layout = slot is null ? today : slot.Value.PlaceIn(today, design.Placement);
        Inode = ObjectCost.Of(kernel, KernelProfile.FuseInodeCache(Layout.SizeBytes));
        ForgetLink = Kmalloc.CostOf(kernel, kernel.ForgetLinkBytes, KmallocType.Cgroup);
        for (int length = 0; length < _byLength.Length; length++)
        {
            _byLength[length] = new InodeCost(
                design.Strategy.StorageOf(length),
                Inode.PagesBytes,
                Inode.VectorBytes,
                ForgetLink.TotalBytes,
                design.ExternalCost(kernel, length).TotalBytes);
        }
    }

    public KernelProfile Kernel { get; }

    public HandleDesign Design { get; }

    /// <summary>struct fuse_inode with the slot in it.</summary>
    public StructLayout Layout { get; }

    /// <summary>The inode itself.</summary>
    public ObjectCost Inode { get; }

    /// <summary>fuse_forget_link, GFP_KERNEL_ACCOUNT, one per inode.</summary>
    public ObjectCost ForgetLink { get; }

    /// <summary>One inode whose handle has so many bytes, 0..128.</summary>
    public InodeCost CostOf(int handleBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(handleBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(handleBytes, HandleStrategy.MaxHandleBytes);
        return _byLength[handleBytes];
    }

    /// <summary>
    /// Allocations a new inode makes: itself, its forget link, and the external buffer where its
    /// handle has one. Slabs and vectors not counted.
    /// </summary>
    public int AllocationsOf(int handleBytes) =>
        Design.ExternalBytes(handleBytes) == 0 ? 2 : 3;
}
