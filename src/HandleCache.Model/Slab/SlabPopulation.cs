namespace HandleCache.Model.Slab;

/// <summary>
/// What a number of live objects of one cache takes when its slabs are as full as can be: the
/// state after a shrink, or after objects were only ever added.
/// </summary>
/// <param name="Objects">Live objects.</param>
/// <param name="Slabs">ceil(objects / objects per slab).</param>
/// <param name="PagesBytes">Bytes of those slabs.</param>
/// <param name="VectorObjects">Objects the vector's kmalloc cache holds for them.</param>
/// <param name="VectorClassBytes">That cache's class; 0 where no kmalloc is made.</param>
/// <param name="ChargeBytes">What memory cgroups are charged for the objects.</param>
public readonly record struct SlabPopulation(
    long Objects, long Slabs, long PagesBytes, long VectorObjects, int VectorClassBytes,
    long ChargeBytes)
{
    public static SlabPopulation Of(KernelProfile kernel, SlabObject slabObject, long objects)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(objects);
        ObjectCost cost = ObjectCost.Of(kernel, slabObject);
        SlabGeometry geometry = cost.Geometry;
        long slabs = (objects + geometry.ObjectsPerSlab - 1) / geometry.ObjectsPerSlab;
        bool kmalloc = cost.Vector.Placement == VectorPlacement.Kmalloc;
        return new SlabPopulation(
            objects,
            slabs,
            slabs * geometry.SlabBytes,
            kmalloc ? slabs : 0,
            cost.Vector.KmallocClassBytes,
            objects * cost.ChargeBytes(kernel));
    }

    /// <summary>
    /// Slabs above <see cref="Slabs"/> that may exist because every CPU fills a slab of its own and
    /// keeps partial ones (until 6.19), or keeps free objects in sheaves (from 7.0).
    /// </summary>
    public static int PerCpuSlabs(KernelProfile kernel, SlabObject slabObject)
    {
        SlabGeometry geometry = SlabGeometry.Of(kernel, slabObject);
        if (!kernel.Version.IsAtLeast(7, 0))
        {
            int partial = 2 * CpuPartialObjects(kernel, geometry.SlotBytes);
            return kernel.PresentCpus * (1 + Ceiling(partial, geometry.ObjectsPerSlab));
        }

        int sheaves = (3 * kernel.PresentCpus) + (2 * SheavesPerBarn);
        int cached = sheaves * SheafCapacity(kernel, geometry.SlotBytes);
        return kernel.PresentCpus + Ceiling(cached, geometry.ObjectsPerSlab);
    }

    /// <summary>set_cpu_partial(): objects, by slot size; the list was removed in 7.0.</summary>
    public static int CpuPartialObjects(KernelProfile kernel, int slotBytes)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return slotBytes switch
        {
            _ when slotBytes >= kernel.PageBytes => 6,
            >= 1024 => 24,
            >= 256 => 52,
            _ => 120,
        };
    }

    /// <summary>
    /// Objects of one sheaf from 7.0: 4, 12, 26 or 60 by slot size, grown to fill the sheaf's own
    /// kmalloc class (32 bytes of head, 8 per object); 28 for fuse_inode, measured.
    /// </summary>
    public static int SheafCapacity(KernelProfile kernel, int slotBytes)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        int capacity = slotBytes switch
        {
            >= 4096 => 4,
            >= 1024 => 12,
            >= 256 => 26,
            _ => 60,
        };
        return (Kmalloc.ClassBytes(32 + (8 * capacity), kernel.PageBytes) - 32) / 8;
    }

    /// <summary>Sheaves that a node's barn keeps, full ones and empty ones each.</summary>
    private const int SheavesPerBarn = 10;

    private static int Ceiling(int value, int divisor) => (value + divisor - 1) / divisor;
}
