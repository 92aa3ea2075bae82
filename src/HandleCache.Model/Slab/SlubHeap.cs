namespace HandleCache.Model.Slab;

/// <summary>
/// The caches that a population of FUSE inodes fills: fuse_inode, the kmalloc classes of forget
/// links, external buffers and memcg vectors, a dedicated spill cache. What is counted is whole
/// slabs, so it checks the closed form of <see cref="InodeCostModel"/> from another side.
/// </summary>
public sealed class SlubHeap(KernelProfile kernel)
{
    private readonly Dictionary<(string Name, SlabObject Object), SlubCache> _caches = [];

    /// <summary>Whole pages that are in no cache: kmalloc above its largest class.</summary>
    public long LargeBytes { get; private set; }

    public IEnumerable<SlubCache> Caches => _caches.Values;

    /// <summary>All memory, in bytes.</summary>
    public long PagesBytes => LargeBytes + _caches.Values.Sum(cache => cache.PagesBytes);

    /// <summary>One object of a cache of that name, which is made on first use.</summary>
    public void Allocate(string name, SlabObject slabObject) =>
        CacheOf(name, slabObject).Allocate();

    /// <summary>One kmalloc of <paramref name="bytes"/>; 0 takes nothing.</summary>
    public void Kmalloc(int bytes, KmallocType type)
    {
        int classBytes = Slab.Kmalloc.ClassBytes(bytes, kernel.PageBytes);
        if (classBytes == 0)
            return;
        if (classBytes > Slab.Kmalloc.MaxCachedBytes(kernel.PageBytes))
            LargeBytes += classBytes;
        else
            KmallocCache(classBytes, type).Allocate();
    }

    private SlubCache KmallocCache(int classBytes, KmallocType type) => CacheOf(
        Slab.Kmalloc.CacheName(kernel, classBytes, type),
        Slab.Kmalloc.CacheObject(classBytes, type));

    private SlubCache CacheOf(string name, SlabObject slabObject)
    {
        // Before 5.14 accounted and other objects of a class share a name, not a cost.
        if (_caches.TryGetValue((name, slabObject), out SlubCache? cache))
            return cache;
        ObjectCost cost = ObjectCost.Of(kernel, slabObject);
        SlubCache? vectors = cost.Vector.Placement == VectorPlacement.Kmalloc
            ? KmallocCache(cost.Vector.KmallocClassBytes, KmallocType.Normal)
            : null;
        return _caches[(name, slabObject)] = new SlubCache(name, cost.Geometry, vectors);
    }
}
