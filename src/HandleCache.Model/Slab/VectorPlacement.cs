namespace HandleCache.Model.Slab;

/// <summary>Where a slab's memcg vector (slabobj_ext per object) lies.</summary>
public enum VectorPlacement
{
    /// <summary>There is none: objects not accounted, or no memory cgroup.</summary>
    None,

    /// <summary>From 7.0: in the slab's leftover. Free.</summary>
    Leftover,

    /// <summary>From 7.0: in each object's alignment padding. Free.</summary>
    Padding,

    /// <summary>A kmalloc per slab.</summary>
    Kmalloc,
}
