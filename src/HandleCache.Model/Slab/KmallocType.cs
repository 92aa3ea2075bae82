namespace HandleCache.Model.Slab;

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
