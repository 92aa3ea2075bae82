namespace HandleCache.Model.Slab;

/// <summary>
/// What kmem_cache_create() is told of a cache's objects, as far as geometry needs it.
/// </summary>
public readonly record struct SlabObject(int ObjectBytes)
{
    /// <summary>
    /// Largest object modelled, in bytes: 4 MiB, the page allocator's usual limit.
    /// </summary>
    public const int MaxObjectBytes = 4 << 20;

    /// <summary>Alignment the caller asked for, a power of two; 0 for none.</summary>
    public int AlignBytes { get; init; }

    /// <summary>SLAB_HWCACHE_ALIGN.</summary>
    public bool HwCacheAlign { get; init; }

    /// <summary>The cache has a constructor.</summary>
    public bool Ctor { get; init; }

    /// <summary>SLAB_TYPESAFE_BY_RCU.</summary>
    public bool Rcu { get; init; }

    /// <summary>
    /// The caller names a field for the free pointer (kmem_cache_args.use_freeptr_offset). Not
    /// visible in sysfs, so it is input.
    /// </summary>
    public bool FreePointerGiven { get; init; }

    /// <summary>
    /// SLAB_ACCOUNT, or objects allocated with __GFP_ACCOUNT: needs a memcg vector.
    /// </summary>
    public bool Account { get; init; }

    /// <summary>
    /// Unmergeable for a reason other than constructor or RCU: usersize, SLAB_NO_MERGE.
    /// </summary>
    public bool NoMerge { get; init; }

    /// <summary>slab_unmergeable(), mm/slab_common.c.</summary>
    public bool Unmergeable => Ctor || Rcu || NoMerge;

    /// <summary>The first rule this breaks, as "what: rule", or null.</summary>
    public string? Validate()
    {
        if (ObjectBytes is < 1 or > MaxObjectBytes)
            return $"object size: {ObjectBytes} is not 1..{MaxObjectBytes}";
        bool power = AlignBytes == 0 || (AlignBytes > 0 && int.IsPow2(AlignBytes));
        if (!power || AlignBytes > MaxObjectBytes)
            return $"alignment: {AlignBytes} is not a power of two up to {MaxObjectBytes}";
        return null;
    }
}

/// <summary>Where SLUB keeps the pointer to the next free object while an object is free.</summary>
public enum FreePointerPlace
{
    /// <summary>In the middle of the object: costs nothing.</summary>
    Middle,

    /// <summary>In a field the caller named: costs nothing.</summary>
    Given,

    /// <summary>After the object: a word of its own, since the object must stay as it is.</summary>
    After,
}
