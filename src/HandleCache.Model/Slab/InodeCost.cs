using HandleCache.Model.Handles;

namespace HandleCache.Model.Slab;

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
