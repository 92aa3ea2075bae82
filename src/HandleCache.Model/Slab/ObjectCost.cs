namespace HandleCache.Model.Slab;

/// <summary>
/// What one object costs in full slabs, in bytes: pages and its share of the vector.
/// </summary>
/// <param name="Geometry">The cache's layout; default for whole pages.</param>
/// <param name="Vector">The memcg vector of a slab.</param>
/// <param name="PagesBytes">Its share of the slab's pages, waste included.</param>
public readonly record struct ObjectCost(
    SlabGeometry Geometry, MemcgVector Vector, double PagesBytes)
{
    public double VectorBytes => Vector.BytesPerObject;

    public double TotalBytes => PagesBytes + VectorBytes;

    /// <summary>
    /// What the memory cgroup is charged: slot and one entry of the vector (obj_full_size()).
    /// Waste, empty slots and the vector's own rounding are not charged.
    /// </summary>
    public int ChargeBytes(KernelProfile kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return kernel.Memcg && Geometry.SlabObject.Account
            ? Geometry.SlotBytes + kernel.VectorEntryBytes
            : 0;
    }

    public static ObjectCost Of(KernelProfile kernel, SlabObject slabObject)
    {
        SlabGeometry geometry = SlabGeometry.Of(kernel, slabObject);
        return new ObjectCost(
            geometry, MemcgVector.Of(kernel, geometry), geometry.PagesBytesPerObject);
    }

    /// <summary>An allocation that is whole pages, past the largest kmalloc cache.</summary>
    internal static ObjectCost OfPages(int bytes) => new(default, default, bytes);
}
