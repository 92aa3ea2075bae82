using HandleCache.Model.Handles;

namespace HandleCache.Model.Slab;

/// <summary>A way to keep a handle in struct fuse_inode, as far as memory goes.</summary>
/// <param name="Strategy">Inline, spilled, pointed to, or none.</param>
/// <param name="Header">
/// Header of the handle: in the slot, or in the buffer where the slot is a pointer.
/// </param>
/// <param name="Placement">Where the slot goes.</param>
/// <param name="SpillType">
/// Which kmalloc caches serve external buffers: GFP_KERNEL_ACCOUNT is
/// <see cref="KmallocType.Cgroup"/>; RFC v3's GFP_KERNEL is <see cref="KmallocType.Normal"/>.
/// </param>
public readonly record struct HandleDesign(
    HandleStrategy Strategy,
    HandleHeader Header = default,
    SlotPlacement Placement = default,
    KmallocType SpillType = KmallocType.Cgroup)
{
    /// <summary>What finds an inode by its handle.</summary>
    public HandleIndex Index { get; init; }

    /// <summary>struct fuse_inode of a kernel with all of it.</summary>
    /// <exception cref="ArgumentException">The placement names no member.</exception>
    public StructLayout LayoutOn(KernelProfile kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return Index.PlaceIn(
            kernel.FuseInodeLayout(), HandleSlotLayout.Of(Strategy, Header), Placement);
    }

    /// <summary>
    /// Bytes asked of the allocator for the external buffer of a handle; 0 where there is none.
    /// <c>pointer-max</c> buys its buffer with the inode, before any handle is known, so a refused
    /// handle costs it too.
    /// </summary>
    public int ExternalBytes(int handleBytes)
    {
        if (Strategy.Kind == HandleStrategyKind.PointerMax)
            return Header.SizeBytes + Strategy.SpillBytes;
        if (Strategy.StorageOf(handleBytes) != HandleStorage.External)
            return 0;
        return Strategy.Kind switch
        {
            HandleStrategyKind.Pointer => Header.SizeBytes + handleBytes,
            HandleStrategyKind.InlineCache => Strategy.SpillBytes,
            HandleStrategyKind.Inline => handleBytes,
            _ => throw new InvalidOperationException($"{Strategy} has no external buffer"),
        };
    }

    /// <summary>What that buffer costs, with its own vector; default where there is none.</summary>
    public ObjectCost ExternalCost(KernelProfile kernel, int handleBytes)
    {
        int bytes = ExternalBytes(handleBytes);
        if (bytes == 0)
            return default;
        return Strategy.Kind == HandleStrategyKind.InlineCache
            ? ObjectCost.Of(kernel, SpillCacheObject())
            : Kmalloc.CostOf(kernel, bytes, SpillType);
    }

    /// <summary>
    /// The dedicated cache of <c>cache:M</c>: kmem_cache_create(name, M, 0, SLAB_ACCOUNT), the
    /// header staying in the slot.
    /// </summary>
    public SlabObject SpillCacheObject() =>
        new(Strategy.SpillBytes) { Account = SpillType == KmallocType.Cgroup };
}
