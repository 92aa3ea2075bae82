namespace HandleCache.Model.Slab;

/// <summary>One member of a struct or union.</summary>
/// <param name="Name">Empty for an anonymous struct or union.</param>
/// <param name="TypePrefix">The C declaration before the name: <c>struct list_head</c>.</param>
/// <param name="TypeSuffix">The declaration after the name: <c>[16]</c>, or empty.</param>
/// <param name="BitOffset">From the start of the enclosing struct.</param>
/// <param name="SizeBytes">sizeof the type; for a bit field, of its storage type.</param>
/// <param name="AlignBytes">Natural alignment of the type; 1 in a packed struct.</param>
public sealed record StructMember(
    string Name, string TypePrefix, string TypeSuffix, long BitOffset, int SizeBytes,
    int AlignBytes)
{
    /// <summary>Width of a bit field; 0 for any other member.</summary>
    public int BitFieldBits { get; init; }

    /// <summary>The members of a struct or union that is declared in place.</summary>
    public IReadOnlyList<StructMember> Members { get; init; } = [];

    /// <summary>True for the handle slot that a layout was asked to add.</summary>
    public bool Added { get; init; }

    /// <summary>Offset of the first byte that holds a part of it.</summary>
    public int OffsetBytes => (int)(BitOffset / 8);

    /// <summary>First bit after it.</summary>
    public long EndBit => BitOffset + (BitFieldBits != 0 ? BitFieldBits : 8L * SizeBytes);

    /// <summary>First byte after it.</summary>
    public int EndBytes => (int)((EndBit + 7) / 8);
}

/// <summary>
/// Unused room in a struct: after member <paramref name="AfterMember"/> (an index), which for the
/// last member is the padding at the end.
/// </summary>
public readonly record struct StructHole(int AfterMember, long BitOffset, long Bits)
{
    /// <summary>Whole bytes of it.</summary>
    public int WholeBytes => (int)(((BitOffset + Bits) / 8) - ((BitOffset + 7) / 8));
}
