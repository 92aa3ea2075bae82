namespace HandleCache.Model.Handles;

/// <summary>
/// Names one external buffer of a <see cref="SpillPool"/> in the 8 bytes that a pointer takes in
/// the kernel: size class (3 bits), page (20), slot (13), generation tag (28). The tag of a buffer
/// in use is odd, so no valid reference is 0.
/// </summary>
public readonly record struct SpillReference(ulong Value)
{
    internal const int SizeBytes = sizeof(ulong);
    internal const int MaxClasses = 1 << ClassBits;
    internal const int MaxPages = 1 << PageBits;
    internal const int MaxSlots = 1 << SlotBits;

    /// <summary>
    /// The last tag: a slot that reached it is retired, so that no tag comes twice.
    /// </summary>
    internal const uint MaxTag = (1u << TagBits) - 1;

    private const int TagBits = 28;
    private const int SlotBits = 13;
    private const int PageBits = 20;
    private const int ClassBits = 3;

    // Relation between the widths: they fill 64 bits exactly, or this does not compile.
    private const byte WidthsFill64 = ClassBits + PageBits + SlotBits + TagBits == 64 ? 0 : -1;

    internal SpillReference(int sizeClass, int page, int slot, uint tag)
        : this(((ulong)sizeClass << (PageBits + SlotBits + TagBits))
            | ((ulong)page << (SlotBits + TagBits)) | ((ulong)slot << TagBits) | tag | WidthsFill64)
    {
    }

    internal int SizeClass => (int)(Value >> (PageBits + SlotBits + TagBits));

    internal int Page => (int)(Value >> (SlotBits + TagBits)) & (MaxPages - 1);

    internal int Slot => (int)(Value >> TagBits) & (MaxSlots - 1);

    internal uint Tag => (uint)Value & MaxTag;
}
