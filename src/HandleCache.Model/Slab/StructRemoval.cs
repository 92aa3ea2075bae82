namespace HandleCache.Model.Slab;

/// <summary>
/// Takes a member out of a struct as a compiler would lay out the rest: the members behind it move
/// up, each to the first offset its alignment allows.
/// </summary>
public static class StructRemoval
{
    /// <summary>The layout without the member of that index, which is no bit field.</summary>
    /// <exception cref="ArgumentException">It is a bit field.</exception>
    public static StructLayout Of(StructLayout layout, int index)
    {
        ArgumentNullException.ThrowIfNull(layout);
        if (layout.Members[index].BitFieldBits != 0)
            throw new ArgumentException($"member {index} is a bit field", nameof(index));
        List<StructMember> members = [.. layout.Members.Take(index)];
        int end = members.Count == 0 ? 0 : members.Max(m => m.EndBytes);
        int oldEnd = layout.Members[index].EndBytes;
        int next = index + 1;
        while (next < layout.Members.Count)
        {
            int last = StructInsertion.EndOfBitFields(layout.Members, next);
            int start = layout.Members[next].OffsetBytes;
            int align = StructInsertion.EffectiveAlignment(layout.Members, next, last, oldEnd);
            int moved = Align.Up(end, align);
            for (int i = next; i <= last; i++)
            {
                StructMember old = layout.Members[i];
                members.Add(old with { BitOffset = old.BitOffset + (8L * (moved - start)) });
                end = Math.Max(end, members[^1].EndBytes);
                oldEnd = Math.Max(oldEnd, old.EndBytes);
            }

            next = last + 1;
        }

        return new StructLayout(layout.Name, Align.Up(end, layout.AlignBytes), members);
    }
}
