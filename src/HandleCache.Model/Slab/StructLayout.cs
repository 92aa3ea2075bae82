namespace HandleCache.Model.Slab;

/// <summary>
/// The layout of a C struct: members in order of offset, holes, and room at the end. Immutable;
/// <see cref="StructInsertion"/> makes one with a member added.
/// </summary>
public sealed class StructLayout
{
    public StructLayout(string name, int sizeBytes, IReadOnlyList<StructMember> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        Name = name;
        SizeBytes = sizeBytes;
        Members = members;
        AlignBytes = AlignmentOf(members, sizeBytes);
    }

    public string Name { get; }

    /// <summary>sizeof.</summary>
    public int SizeBytes { get; }

    public IReadOnlyList<StructMember> Members { get; }

    /// <summary>The largest alignment of a member, or a larger one that the size betrays.</summary>
    public int AlignBytes { get; }

    /// <summary>End of the last member in bytes; what follows up to the size is padding.</summary>
    public int UsedBytes => Members.Count == 0 ? 0 : Members.Max(m => m.EndBytes);

    /// <summary>
    /// A layout of which only sizes are known: the leading struct inode and the rest as bytes.
    /// </summary>
    public static StructLayout Opaque(string name, int sizeBytes, int usedBytes, int inodeBytes)
    {
        StructMember inode = new("inode", "struct inode", "", 0, inodeBytes, 8);
        return usedBytes <= inodeBytes
            ? new StructLayout(name, sizeBytes, [inode])
            : new StructLayout(name, sizeBytes, [inode, Rest(inodeBytes, usedBytes)]);
    }

    /// <summary>
    /// All unused room in order of offset, between members and at the end. A union has none
    /// between members, for members that overlap leave no room.
    /// </summary>
    public IReadOnlyList<StructHole> Holes()
    {
        List<StructHole> holes = [];
        long end = 0;
        for (int i = 0; i < Members.Count; i++)
        {
            if (Members[i].BitOffset > end && i > 0)
                holes.Add(new StructHole(i - 1, end, Members[i].BitOffset - end));
            end = Math.Max(end, Members[i].EndBit);
        }

        if (Members.Count > 0 && 8L * SizeBytes > end)
            holes.Add(new StructHole(Members.Count - 1, end, (8L * SizeBytes) - end));
        return holes;
    }

    /// <summary>Index of a member by name, or -1.</summary>
    public int IndexOf(string memberName)
    {
        for (int i = 0; i < Members.Count; i++)
        {
            if (string.Equals(Members[i].Name, memberName, StringComparison.Ordinal))
                return i;
        }

        return -1;
    }

    /// <summary>The first rule the layout breaks, as text, or null.</summary>
    public string? Validate()
    {
        long previous = 0;
        foreach (StructMember member in Members)
        {
            if (member.BitOffset < previous)
                return $"member '{member.Name}' begins before the one ahead of it";
            if (member.BitFieldBits == 0 && member.BitOffset % 8 != 0)
                return $"member '{member.Name}' begins inside a byte";
            if (member.EndBit > 8L * SizeBytes)
                return $"member '{member.Name}' ends after the struct's {SizeBytes} bytes";
            previous = member.BitOffset;
        }

        return null;
    }

    private static StructMember Rest(int fromBytes, int toBytes) => new(
        "(fuse members)", "u8", $"[{toBytes - fromBytes}]", 8L * fromBytes, toBytes - fromBytes, 8);

    private static int AlignmentOf(IReadOnlyList<StructMember> members, int sizeBytes)
    {
        int align = 1;
        foreach (StructMember member in members)
            align = Math.Max(align, member.AlignBytes);

        // A packed struct holds members whose own alignment does not divide its size.
        while (align > 1 && sizeBytes % align != 0)
            align /= 2;
        int used = members.Count == 0 ? 0 : members.Max(m => m.EndBytes);

        // An __aligned struct is longer than its members explain.
        while (Align.Up(used, align) < sizeBytes && sizeBytes % (align * 2) == 0 && used > 0)
            align *= 2;
        return align;
    }
}
