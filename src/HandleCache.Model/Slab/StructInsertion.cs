namespace HandleCache.Model.Slab;

/// <summary>
/// Adds a member to a struct as a compiler would lay it out: the members behind it move, each to
/// the next offset its alignment allows.
/// </summary>
public static class StructInsertion
{
    /// <summary>
    /// The layout with <paramref name="added"/> behind the member of that index; the added
    /// member's offset is computed, its size may depend on it.
    /// </summary>
    /// <param name="layout">The struct as it is.</param>
    /// <param name="afterIndex">Member to place it behind; one inside a run of bit fields counts
    /// as the run's last.</param>
    /// <param name="alignBytes">Alignment of the new member.</param>
    /// <param name="added">Makes the member for an offset in bytes.</param>
    public static StructLayout After(
        StructLayout layout, int afterIndex, int alignBytes, Func<int, StructMember> added)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(added);
        int after = EndOfBitFields(layout.Members, afterIndex);
        List<StructMember> members = [.. layout.Members.Take(after + 1)];
        int end = members.Count == 0 ? 0 : members.Max(m => m.EndBytes);
        StructMember slot = added(Align.Up(end, alignBytes));
        members.Add(slot);

        int newEnd = slot.EndBytes;
        int oldEnd = end;
        int next = after + 1;
        while (next < layout.Members.Count)
        {
            int last = EndOfBitFields(layout.Members, next);
            int start = layout.Members[next].OffsetBytes;
            int align = EffectiveAlignment(layout.Members, next, last, oldEnd);
            int moved = MovedStart(start, newEnd, align);
            for (int i = next; i <= last; i++)
            {
                StructMember old = layout.Members[i];
                members.Add(old with { BitOffset = old.BitOffset + (8L * (moved - start)) });
                newEnd = Math.Max(newEnd, members[^1].EndBytes);
                oldEnd = Math.Max(oldEnd, old.EndBytes);
            }

            next = last + 1;
        }

        int structAlign = Math.Max(layout.AlignBytes, alignBytes);
        return new StructLayout(layout.Name, Align.Up(newEnd, structAlign), members);
    }

    /// <summary>
    /// Natural alignment, or the larger one that a hole ahead of the member betrays (__aligned,
    /// ____cacheline_aligned). A run of bit fields moves by whole storage units.
    /// </summary>
    internal static int EffectiveAlignment(
        IReadOnlyList<StructMember> members, int first, int last, int oldEnd)
    {
        int align = 1;
        for (int i = first; i <= last; i++)
            align = Math.Max(align, members[i].AlignBytes);
        int start = members[first].OffsetBytes;
        if (members[first].BitFieldBits != 0)
            return align;
        while (start % align != 0)
            align /= 2;
        while (Align.Up(oldEnd, align) < start && start % (align * 2) == 0)
            align *= 2;
        return align;
    }

    /// <summary>Where a member goes that stood at <paramref name="start"/>.</summary>
    private static int MovedStart(int start, int newEnd, int align)
    {
        // The distance is a multiple of the alignment, so bit fields keep their storage units.
        int blocks = Math.Max(0, (newEnd - start + align - 1) / align);
        return start + (blocks * align);
    }

    /// <summary>Last index of the run of bit fields that holds the index, or the index.</summary>
    internal static int EndOfBitFields(IReadOnlyList<StructMember> members, int index)
    {
        int last = index;
        while (last >= 0
            && members[last].BitFieldBits != 0
            && last + 1 < members.Count
            && members[last + 1].BitFieldBits != 0)
        {
            last++;
        }

        return last;
    }
}
