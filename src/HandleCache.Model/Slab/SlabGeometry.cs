namespace HandleCache.Model.Slab;

/// <summary>
/// How SLUB lays out one cache, each step named. Models calculate_alignment(),
/// mm/slab_common.c, and calculate_sizes(), mm/slub.c, v6.12, without debug flags, KASAN and
/// KFENCE. All sizes in bytes.
/// </summary>
public readonly record struct SlabGeometry
{
    /// <summary>A word, ARCH_SLAB_MINALIGN and the size of the free pointer on 64 bit.</summary>
    public const int WordBytes = 8;

    public SlabObject SlabObject { get; private init; }

    /// <summary>Alignment of every object after flags and caller had their say.</summary>
    public int AlignBytes { get; private init; }

    /// <summary>The object rounded up to a word.</summary>
    public int AlignedObjectBytes { get; private init; }

    public FreePointerPlace FreePointer { get; private init; }

    /// <summary>The aligned object and the free pointer, where that lies after it.</summary>
    public int PayloadBytes { get; private init; }

    /// <summary>sysfs slab_size: from one object to the next.</summary>
    public int SlotBytes { get; private init; }

    public SlabOrder Search { get; private init; }

    /// <summary>Bytes of one slab.</summary>
    public int SlabBytes { get; private init; }

    public int ObjectsPerSlab { get; private init; }

    public int Order => Search.Order;

    /// <summary>Bytes an object may grow, in whole words, before the slot does.</summary>
    public int FreeTailBytes => SlotBytes - PayloadBytes;

    /// <summary>Bytes at a slab's end that hold no object.</summary>
    public int LeftoverBytes => SlabBytes - (ObjectsPerSlab * SlotBytes);

    /// <summary>Pages per object: what a full slab costs each of its objects, in bytes.</summary>
    public double PagesBytesPerObject => (double)SlabBytes / ObjectsPerSlab;

    /// <exception cref="ArgumentException">The object or the kernel breaks a rule.</exception>
    public static SlabGeometry Of(KernelProfile kernel, SlabObject slabObject)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        string? broken = slabObject.Validate();
        if (broken is not null)
            throw new ArgumentException(broken, nameof(slabObject));
        int align = AlignmentOf(kernel, slabObject);
        int aligned = Align.Up(slabObject.ObjectBytes, WordBytes);
        FreePointerPlace place = PlaceOf(kernel, slabObject);
        int payload = place == FreePointerPlace.After ? aligned + WordBytes : aligned;
        int slot = Align.Up(payload, align);
        SlabOrder search = SlabOrder.Of(kernel, slot);
        int slabBytes = kernel.PageBytes << search.Order;
        return new SlabGeometry
        {
            SlabObject = slabObject,
            AlignBytes = align,
            AlignedObjectBytes = aligned,
            FreePointer = place,
            PayloadBytes = payload,
            SlotBytes = slot,
            Search = search,
            SlabBytes = slabBytes,
            ObjectsPerSlab = slabBytes / slot,
        };
    }

    /// <summary>calculate_alignment(): a small object needs only a part of a cache line.</summary>
    private static int AlignmentOf(KernelProfile kernel, SlabObject slabObject)
    {
        int align = slabObject.AlignBytes;
        if (slabObject.HwCacheAlign)
        {
            int line = kernel.CacheLineBytes;
            while (slabObject.ObjectBytes <= line / 2)
                line /= 2;
            align = Math.Max(align, line);
        }

        return Align.Up(Math.Max(align, WordBytes), WordBytes);
    }

    /// <summary>
    /// A reader under RCU and a constructor's work both forbid writing into a free object, unless
    /// the caller names a field for it; with a constructor that is allowed from 7.0.
    /// </summary>
    private static FreePointerPlace PlaceOf(KernelProfile kernel, SlabObject slabObject)
    {
        bool given = slabObject.FreePointerGiven;
        bool outside = (slabObject.Rcu && !given)
            || (slabObject.Ctor && !(given && kernel.Version.IsAtLeast(7, 0)));
        if (outside)
            return FreePointerPlace.After;
        return given ? FreePointerPlace.Given : FreePointerPlace.Middle;
    }
}
