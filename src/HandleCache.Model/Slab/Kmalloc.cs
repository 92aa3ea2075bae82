using System.Globalization;
using System.Numerics;

namespace HandleCache.Model.Slab;

/// <summary>
/// The kmalloc classes 8 16 32 64 96 128 192 256 512 ... up to two pages; models
/// kmalloc_index(), linux/slab.h. Nothing here allocates but the names.
/// </summary>
public static class Kmalloc
{
    /// <summary>KMALLOC_MAX_CACHE_SIZE: above it the page allocator serves.</summary>
    public static int MaxCachedBytes(int pageBytes) => 2 * pageBytes;

    /// <summary>
    /// Bytes of the class that serves a request of <paramref name="bytes"/>: 0 for a request of 0
    /// (ZERO_SIZE_PTR, no memory). A request above <see cref="MaxCachedBytes"/> gets whole pages
    /// of a power of two, and their bytes are returned.
    /// </summary>
    public static int ClassBytes(int bytes, int pageBytes = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, SlabObject.MaxObjectBytes);
        if (bytes > MaxCachedBytes(pageBytes))
            return pageBytes << Align.OrderFor(bytes, pageBytes);
        return bytes switch
        {
            0 => 0,
            <= 8 => 8,
            > 64 and <= 96 => 96,
            > 128 and <= 192 => 192,
            _ => (int)BitOperations.RoundUpToPowerOf2((uint)bytes),
        };
    }

    /// <summary>
    /// The cache of a class. Its alignment is the largest power of two that divides the class;
    /// in 6.1 only powers of two got it, which changes no size.
    /// </summary>
    public static SlabObject CacheObject(int classBytes, KmallocType type) => new(classBytes)
    {
        AlignBytes = classBytes & -classBytes,
        Account = type == KmallocType.Cgroup,
        NoMerge = type == KmallocType.Normal,
    };

    /// <summary>What one kmalloc of <paramref name="bytes"/> costs, with its own vector.</summary>
    public static ObjectCost CostOf(KernelProfile kernel, int bytes, KmallocType type)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        int classBytes = ClassBytes(bytes, kernel.PageBytes);
        if (classBytes == 0)
            return default;
        return classBytes > MaxCachedBytes(kernel.PageBytes)
            ? ObjectCost.OfPages(classBytes)
            : ObjectCost.Of(kernel, CacheObject(classBytes, type));
    }

    /// <summary>The cache's name in slabinfo, for output: kmalloc-cg-32, kmalloc-1k.</summary>
    public static string CacheName(KernelProfile kernel, int classBytes, KmallocType type)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        string size = classBytes >= 1024
            ? string.Create(CultureInfo.InvariantCulture, $"{classBytes / 1024}k")
            : classBytes.ToString(CultureInfo.InvariantCulture);
        return type switch
        {
            _ when classBytes > MaxCachedBytes(kernel.PageBytes) => "pages",
            KmallocType.Cgroup when kernel.Memcg && kernel.Version.IsAtLeast(5, 14) =>
                $"kmalloc-cg-{size}",
            KmallocType.Reclaimable => $"kmalloc-rcl-{size}",
            KmallocType.Dma => $"dma-kmalloc-{size}",
            _ => $"kmalloc-{size}",
        };
    }
}

/// <summary>
/// Which set of kmalloc caches serves a call; models kmalloc_type(), linux/slab.h.
/// </summary>
public enum KmallocType
{
    /// <summary>kmalloc-N: no DMA, RECLAIMABLE or ACCOUNT.</summary>
    Normal,

    /// <summary>
    /// kmalloc-cg-N: __GFP_ACCOUNT, from 5.14; before that kmalloc-N with a vector.
    /// </summary>
    Cgroup,

    /// <summary>kmalloc-rcl-N: __GFP_RECLAIMABLE, also with __GFP_ACCOUNT.</summary>
    Reclaimable,

    /// <summary>dma-kmalloc-N: __GFP_DMA.</summary>
    Dma,
}
