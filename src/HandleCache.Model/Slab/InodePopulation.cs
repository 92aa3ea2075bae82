using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Model.Mixes;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Slab;

/// <summary>
/// A simulated population: a mix of handles inserted into a <see cref="FuseInodeCache"/>, and every
/// inode that the cache then holds given its objects in a <see cref="SlubHeap"/>. Which handles are
/// spilled is the cache's word, not the cost model's.
/// </summary>
/// <param name="Inodes">Inodes in the cache.</param>
/// <param name="Spilled">Those whose handle is in an external buffer.</param>
/// <param name="Refused">
/// Those whose handle the cache refused; they were inserted without one.
/// </param>
/// <param name="PagesBytes">Slabs of all caches, whole.</param>
/// <param name="Caches">The caches, fuse_inode first.</param>
public sealed record InodePopulation(
    long Inodes, long Spilled, long Refused, long PagesBytes, IReadOnlyList<SlubCache> Caches)
{
    private const string InodeCacheName = "fuse_inode";

    public double BytesPerInode => (double)PagesBytes / Inodes;

    /// <summary>Fills a cache with <paramref name="count"/> inodes.</summary>
    public static InodePopulation Of(InodeCostModel model, HandleMix mix, long count)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(mix);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        HandleDesign design = model.Design;
        using FuseInodeCache cache = new(new() { Strategy = design.Strategy });
        long refused = Insert(cache, mix, count);

        SlubHeap heap = new(model.Kernel);
        SlabObject inode = KernelProfile.FuseInodeCache(model.Layout.SizeBytes);
        long spilled = 0;
        long inodes = 0;
        InodeIndex at = cache.Next(InodeIndex.None);
        for (; !at.IsNone; at = cache.Next(at))
        {
            inodes++;
            InodeInfo info = cache.Get(at);
            heap.Allocate(InodeCacheName, inode);
            heap.Kmalloc(model.Kernel.ForgetLinkBytes, KmallocType.Cgroup);
            spilled += info.IsSpilled ? 1 : 0;

            // pointer-max buys the buffer with the inode, before a handle is known.
            if (info.IsSpilled || design.Strategy.Kind == HandleStrategyKind.PointerMax)
                Buy(heap, design, info.Handle.Bytes.Length);
        }

        cache.Unmount();
        return new InodePopulation(
            inodes, spilled, refused, heap.PagesBytes,
            [.. heap.Caches.OrderBy(c => c.Name != InodeCacheName)]);
    }

    private static long Insert(FuseInodeCache cache, HandleMix mix, long count)
    {
        Span<byte> bytes = stackalloc byte[HandleStrategy.MaxHandleBytes];
        bytes.Fill(0x5A);
        ulong nodeId = FuseInodeCache.RootNodeId;
        long refused = 0;
        foreach (HandleShare row in mix.Spread(count))
        {
            nodeId++;
            IGetResult result = cache.IGet(
                nodeId, 0, FileModes.Regular, new FileHandle(row.Type, bytes[..row.Bytes]));
            if (result.Outcome != IGetOutcome.HandleRefused)
                continue;
            refused++;
            cache.IGet(nodeId, 0, FileModes.Regular);
        }

        return refused;
    }

    private static void Buy(SlubHeap heap, HandleDesign design, int handleBytes)
    {
        int bytes = design.ExternalBytes(handleBytes);
        if (design.Strategy.Kind == HandleStrategyKind.InlineCache)
            heap.Allocate("fuse_handle", design.SpillCacheObject());
        else
            heap.Kmalloc(bytes, design.SpillType);
    }
}
