namespace HandleCache.Model.Slab;

/// <summary>
/// The memcg vector of one slab. Until 6.19 always a separate kmalloc (account_slab(),
/// mm/slub.c); from 7.0 first the slab's leftover, then each object's padding where the cache is
/// unmergeable, then a kmalloc (SLUB.md, "memcg vector").
/// </summary>
/// <param name="Placement">Where it lies.</param>
/// <param name="VectorBytes">One entry per object of the slab, in bytes.</param>
/// <param name="KmallocClassBytes">Class that serves it; 0 where it is not a kmalloc.</param>
/// <param name="BytesPerObject">What it costs each object of a full slab, in bytes.</param>
public readonly record struct MemcgVector(
    VectorPlacement Placement, int VectorBytes, int KmallocClassBytes, double BytesPerObject)
{
    public static MemcgVector Of(KernelProfile kernel, SlabGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (!kernel.Memcg || !geometry.SlabObject.Account)
            return default;
        int entry = kernel.VectorEntryBytes;
        int bytes = geometry.ObjectsPerSlab * entry;
        if (kernel.Version.IsAtLeast(7, 0))
        {
            if (geometry.LeftoverBytes >= bytes)
                return new MemcgVector(VectorPlacement.Leftover, bytes, 0, 0);
            if (geometry.SlabObject.Unmergeable && geometry.FreeTailBytes >= entry)
                return new MemcgVector(VectorPlacement.Padding, bytes, 0, 0);
        }

        // KMALLOC_NORMAL whatever the object's own type: __GFP_ACCOUNT and __GFP_RECLAIMABLE are
        // masked, so the vector has no vector of its own.
        ObjectCost cost = Kmalloc.CostOf(kernel, bytes, KmallocType.Normal);
        return new MemcgVector(
            VectorPlacement.Kmalloc,
            bytes,
            Kmalloc.ClassBytes(bytes, kernel.PageBytes),
            cost.TotalBytes / geometry.ObjectsPerSlab);
    }
}
