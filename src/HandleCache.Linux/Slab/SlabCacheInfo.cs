namespace HandleCache.Linux.Slab;

/// <summary>
/// One cache as /sys/kernel/slab shows it. Sizes are bytes. A value that this kernel's
/// configuration does not show is null (usersize, slabs_cpu_partial, cpu_partial).
/// </summary>
public sealed record SlabCacheInfo
{
    /// <summary>
    /// The directory's name, aliases resolved: <c>fuse_inode</c>, <c>:0000168</c>.
    /// </summary>
    public required string Name { get; init; }

    public required int ObjectSize { get; init; }

    public required int SlabSize { get; init; }

    public required int ObjsPerSlab { get; init; }

    public required int Order { get; init; }

    public required int Align { get; init; }

    /// <summary>Objects in use; free ones on per-CPU lists or in sheaves count as used.</summary>
    public required long Objects { get; init; }

    public required long TotalObjects { get; init; }

    public required long Slabs { get; init; }

    public required long Partial { get; init; }

    public required long CpuSlabs { get; init; }

    /// <summary>Slabs on the per-CPU partial lists.</summary>
    public long? SlabsCpuPartial { get; init; }

    /// <summary>Objects a CPU may keep on its partial list.</summary>
    public int? CpuPartial { get; init; }

    public int? MinPartial { get; init; }

    public required bool HwCacheAlign { get; init; }

    public required bool ReclaimAccount { get; init; }

    public bool CacheDma { get; init; }

    /// <summary>SLAB_TYPESAFE_BY_RCU.</summary>
    public required bool DestroyByRcu { get; init; }

    /// <summary>The constructor's symbol, or null.</summary>
    public string? Ctor { get; init; }

    /// <summary>Bytes user space may copy; with HARDENED_USERCOPY, not 0 forbids merging.</summary>
    public int? UserSize { get; init; }

    /// <summary>How many other caches were merged into it.</summary>
    public int Aliases { get; init; }

    /// <summary>A debug flag (red zone, poison, store user) enlarges its slots.</summary>
    public bool Debug { get; init; }
}
