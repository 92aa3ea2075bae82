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
        Layout = design.LayoutOn(kernel);
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
    /// Bytes of an inode on average, of so many with a handle of each length; that of one
    /// without a handle where there are none.
    /// </summary>
    public double MeanOf(IReadOnlyList<long> inodesByLength)
    {
        ArgumentNullException.ThrowIfNull(inodesByLength);
        double bytes = 0;
        long inodes = 0;
        for (int length = 0; length < inodesByLength.Count; length++)
        {
            bytes += inodesByLength[length] * CostOf(length).TotalBytes;
            inodes += inodesByLength[length];
        }

        return inodes == 0 ? CostOf(0).TotalBytes : bytes / inodes;
    }

    /// <summary>
    /// Allocations a new inode makes: itself, its forget link, and the external buffer where its
    /// handle has one. Slabs and vectors not counted.
    /// </summary>
    public int AllocationsOf(int handleBytes) =>
        Design.ExternalBytes(handleBytes) == 0 ? 2 : 3;
}

/// <summary>
/// Bytes of kernel memory that one FUSE inode takes, derived, in full slabs: dentry, page cache
/// and the server's own memory not counted.
/// </summary>
/// <param name="Storage">Where its handle lies.</param>
/// <param name="PagesBytes">Its share of fuse_inode slabs.</param>
/// <param name="VectorBytes">Its share of their memcg vectors.</param>
/// <param name="ForgetLinkBytes">Its fuse_forget_link with that one's vector.</param>
/// <param name="ExternalBytes">Its external buffer with that one's vector.</param>
public readonly record struct InodeCost(
    HandleStorage Storage, double PagesBytes, double VectorBytes, double ForgetLinkBytes,
    double ExternalBytes)
{
    public double TotalBytes => PagesBytes + VectorBytes + ForgetLinkBytes + ExternalBytes;

    /// <summary>
    /// The cost of one inode with a handle of <paramref name="handleBytes"/>. For many lengths of
    /// one design, <see cref="InodeCostModel"/> computes the fixed part once.
    /// </summary>
    public static InodeCost Of(KernelProfile kernel, HandleDesign design, int handleBytes) =>
        new InodeCostModel(kernel, design).CostOf(handleBytes);
}
