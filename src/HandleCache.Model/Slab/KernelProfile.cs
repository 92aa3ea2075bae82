namespace HandleCache.Model.Slab;

/// <summary>
/// What the memory model must know of a kernel: the switches of SLUB and the sizes of structs,
/// which depend on its configuration and so are input, never constants (SLUB.md).
/// </summary>
public sealed record KernelProfile
{
    /// <summary>
    /// The one spelling on the command line: <c>6.18</c>, <c>this</c>, or a path.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>
    /// The release the numbers come from, as uname prints it or as the source names it.
    /// </summary>
    public required string Release { get; init; }

    public required KernelVersion Version { get; init; }

    public int PageBytes { get; init; } = 4096;

    /// <summary>What SLAB_HWCACHE_ALIGN rounds to: cache_line_size().</summary>
    public int CacheLineBytes { get; init; } = 64;

    /// <summary>num_present_cpus(): present, not online.</summary>
    public required int PresentCpus { get; init; }

    /// <summary>nr_cpu_ids: highest possible CPU number plus one.</summary>
    public required int PossibleCpus { get; init; }

    /// <summary>
    /// PAGE_ALLOC_COSTLY_ORDER, 1 with SLUB_TINY, or boot argument slab_max_order.
    /// </summary>
    public int SlabMaxOrder { get; init; } = 3;

    public int SlabMinOrder { get; init; }

    /// <summary>Boot argument slab_min_objects; 0 lets the number of CPUs decide.</summary>
    public int SlabMinObjects { get; init; }

    /// <summary>
    /// Accounted objects carry a memcg vector. False where memory cgroups are off, or none was
    /// ever made.
    /// </summary>
    public bool Memcg { get; init; } = true;

    /// <summary>sizeof(struct slabobj_ext): 8, or 16 with allocation profiling.</summary>
    public int VectorEntryBytes { get; init; } = 8;

    /// <summary>sizeof(struct inode).</summary>
    public required int InodeBytes { get; init; }

    /// <summary>sizeof(struct fuse_inode).</summary>
    public required int FuseInodeBytes { get; init; }

    /// <summary>
    /// End of the last member of struct fuse_inode, where an added member may begin;
    /// <see cref="FuseInodeBytes"/> where it is not known.
    /// </summary>
    public required int FuseInodeUsedBytes { get; init; }

    /// <summary>sizeof(struct fuse_forget_link), one per inode.</summary>
    public int ForgetLinkBytes { get; init; } = 24;

    /// <summary>The members of struct fuse_inode, where they are known.</summary>
    public StructLayout? FuseInode { get; init; }

    /// <summary>How the sizes were come by: "measured" or "derived", and where.</summary>
    public IReadOnlyList<ProfileSource> Sources { get; init; } = [];

    /// <summary>
    /// What nothing told and so was assumed, in words: "2 CPUs"; empty for a kernel that runs or
    /// was measured.
    /// </summary>
    public IReadOnlyList<string> Assumed { get; init; } = [];

    /// <summary>Geometries of fuse_inode seen on that kernel, for checking the model.</summary>
    public IReadOnlyList<MeasuredGeometry> Measured { get; init; } = [];

    /// <summary>
    /// The same kernel on a machine of <paramref name="cpus"/> CPUs, all present.
    /// </summary>
    public KernelProfile WithCpus(int cpus) =>
        this with { PresentCpus = cpus, PossibleCpus = cpus };

    /// <summary>
    /// fuse_inode_cachep as fuse_fs_init() makes it (fs/fuse/inode.c), for an inode of
    /// <paramref name="objectBytes"/>. The constructor makes it unmergeable.
    /// </summary>
    public static SlabObject FuseInodeCache(int objectBytes) => new(objectBytes)
    {
        HwCacheAlign = true,
        Ctor = true,
        Account = true,
    };

    /// <summary>The layout to place a slot in: the known members, or one opaque member.</summary>
    public StructLayout FuseInodeLayout() => FuseInode
        ?? StructLayout.Opaque("fuse_inode", FuseInodeBytes, FuseInodeUsedBytes, InodeBytes);

    /// <summary>
    /// Why a slot cannot be placed so in this kernel's struct fuse_inode, or null: holes are
    /// known only where its members are.
    /// </summary>
    public string? PlacementError(SlotPlacement placement) => placement.Kind switch
    {
        SlotPlacementKind.BestHole when FuseInode is null =>
            $"kernel {Name}: the members of its struct fuse_inode are not known, so neither is "
            + $"the place '{placement}'; place at the end, or read them with --btf",
        SlotPlacementKind.After when FuseInodeLayout().IndexOf(placement.Member!) < 0 =>
            $"kernel {Name}: struct fuse_inode has no member '{placement.Member}'",
        _ => null,
    };

    /// <summary>The first rule the numbers break, as "field: rule", or null.</summary>
    public string? Validate()
    {
        (string Field, int Value, int Least, int Most)[] ranges =
        [
            ("pageBytes", PageBytes, 4096, 65536),
            ("cacheLineBytes", CacheLineBytes, 8, 256),
            ("presentCpus", PresentCpus, 1, 8192),
            ("possibleCpus", PossibleCpus, PresentCpus, 8192),
            ("slabMaxOrder", SlabMaxOrder, 0, 10),
            ("slabMinOrder", SlabMinOrder, 0, SlabMaxOrder),
            ("slabMinObjects", SlabMinObjects, 0, SlabOrder.MaxObjectsPerSlab),
            ("vectorEntryBytes", VectorEntryBytes, 8, 64),
            ("structs.inode.sizeBytes", InodeBytes, 8, 65536),
            ("structs.fuse_inode.sizeBytes", FuseInodeBytes, InodeBytes, 65536),
            ("structs.fuse_inode.usedBytes", FuseInodeUsedBytes, InodeBytes, FuseInodeBytes),
            ("structs.fuse_forget_link.sizeBytes", ForgetLinkBytes, 8, 4096),
        ];
        foreach ((string field, int value, int least, int most) in ranges)
        {
            if (value < least || value > most)
                return $"{field}: {value} is not {least}..{most}";
        }

        if (!int.IsPow2(PageBytes))
            return $"pageBytes: {PageBytes} is not a power of two";
        if (!int.IsPow2(CacheLineBytes))
            return $"cacheLineBytes: {CacheLineBytes} is not a power of two";
        return Memcg && VectorEntryBytes % 8 != 0
            ? $"vectorEntryBytes: {VectorEntryBytes} is not a multiple of 8"
            : null;
    }
}

/// <summary>What sysfs showed for fuse_inode on a machine with so many CPUs present.</summary>
public readonly record struct MeasuredGeometry(
    int PresentCpus, int SlotBytes, int FreeTailBytes, int Order, int ObjectsPerSlab);

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
