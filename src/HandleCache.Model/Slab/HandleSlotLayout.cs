using HandleCache.Model.Handles;

namespace HandleCache.Model.Slab;

/// <summary>The slot a design adds to struct fuse_inode, before it has a place.</summary>
/// <param name="Header">Header ahead of the bytes.</param>
/// <param name="InlineBytes">Bytes of handle the slot takes.</param>
/// <param name="HoldsPointer">The slot is a pointer and no buffer (RFC v1 to v3).</param>
/// <param name="HoldsReference">
/// The buffer must also hold the reference to an external buffer, at its first aligned offset, as
/// fanotify_fh_ext_buf_ptr() has it.
/// </param>
public readonly record struct HandleSlotLayout(
    HandleHeader Header, int InlineBytes, bool HoldsPointer, bool HoldsReference)
{
    /// <summary>sizeof(void *).</summary>
    public const int PointerBytes = 8;

    /// <summary>The slot of a strategy; null for <c>none</c>.</summary>
    public static HandleSlotLayout? Of(HandleStrategy strategy, HandleHeader header) =>
        strategy.Kind switch
        {
            HandleStrategyKind.None => null,
            HandleStrategyKind.Pointer or HandleStrategyKind.PointerMax =>
                new HandleSlotLayout(header, 0, true, false),
            HandleStrategyKind.Inline or HandleStrategyKind.InlineCache =>
                new HandleSlotLayout(header, strategy.InlineBytes, false, true),
            HandleStrategyKind.InlineOnly or HandleStrategyKind.Static =>
                new HandleSlotLayout(header, strategy.InlineBytes, false, false),
            _ => throw new InvalidOperationException($"unknown strategy {strategy}"),
        };

    public int AlignBytes => HoldsPointer ? PointerBytes : Header.AlignBytes;

    /// <summary>
    /// Offset of the reference in the struct, for a slot at <paramref name="offset"/>; -1 where
    /// the slot holds none.
    /// </summary>
    public int ReferenceOffset(int offset)
    {
        if (HoldsPointer)
            return offset;
        return HoldsReference ? Align.Up(offset + Header.SizeBytes, PointerBytes) : -1;
    }

    /// <summary>
    /// Bytes of the buffer for a slot at <paramref name="offset"/>: the inline bytes, or more where
    /// the reference needs it (up to 7 to align and 8).
    /// </summary>
    public int BufferBytes(int offset)
    {
        if (HoldsPointer)
            return 0;
        int reference = HoldsReference
            ? ReferenceOffset(offset) + PointerBytes - (offset + Header.SizeBytes)
            : 0;
        return Math.Max(InlineBytes, reference);
    }

    /// <summary>sizeof the slot at <paramref name="offset"/>.</summary>
    public int SizeBytes(int offset) => HoldsPointer
        ? PointerBytes
        : Align.Up(Header.SizeBytes + BufferBytes(offset), AlignBytes);

    /// <summary>The layout with the slot in it.</summary>
    /// <exception cref="ArgumentException">
    /// The placement names a member that is not there.
    /// </exception>
    public StructLayout PlaceIn(StructLayout layout, SlotPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(layout);
        switch (placement.Kind)
        {
            case SlotPlacementKind.End:
                return Insert(layout, layout.Members.Count - 1);
            case SlotPlacementKind.BestHole:
                return PlaceBest(layout);
            default:
                int index = layout.IndexOf(placement.Member ?? "");
                if (index < 0)
                {
                    throw new ArgumentException(
                        $"struct {layout.Name} has no member '{placement.Member}'",
                        nameof(placement));
                }

                return Insert(layout, index);
        }
    }

    /// <summary>
    /// Least sizeof wins; then a hole that takes the whole slot, the tightest; then the end.
    /// </summary>
    private StructLayout PlaceBest(StructLayout layout)
    {
        StructLayout best = Insert(layout, layout.Members.Count - 1);
        int bestWaste = int.MaxValue;
        foreach (StructHole hole in layout.Holes())
        {
            if (hole.AfterMember == layout.Members.Count - 1)
                continue;
            StructLayout candidate = Insert(layout, hole.AfterMember);
            bool whole = candidate.SizeBytes == layout.SizeBytes;
            int waste = whole ? hole.WholeBytes : int.MaxValue;
            bool better = candidate.SizeBytes < best.SizeBytes
                || (candidate.SizeBytes == best.SizeBytes && waste < bestWaste);
            if (better)
                (best, bestWaste) = (candidate, waste);
        }

        return best;
    }

    private StructLayout Insert(StructLayout layout, int afterIndex) =>
        StructInsertion.After(layout, afterIndex, AlignBytes, Member);

    private StructMember Member(int offset)
    {
        if (HoldsPointer)
        {
            return new StructMember(
                "handle", "struct fuse_handle *", "", 8L * offset, PointerBytes, PointerBytes)
            {
                Added = true,
            };
        }

        int bytes = SizeBytes(offset);
        return new StructMember(
            "handle", "struct fuse_handle", "", 8L * offset, bytes, AlignBytes)
        {
            Added = true,
            Members =
            [
                new("head", "u8", $"[{Header.SizeBytes}]", 0, Header.SizeBytes, 1),
                new("buf", "u8", $"[{BufferBytes(offset)}]", 8L * Header.SizeBytes,
                    BufferBytes(offset), 1),
            ],
        };
    }
}
