namespace HandleCache.Model.Slab;

/// <summary>
/// Unused room in a struct: after member <paramref name="AfterMember"/> (an index), which for the
/// last member is the padding at the end.
/// </summary>
public readonly record struct StructHole(int AfterMember, long BitOffset, long Bits)
{
    /// <summary>Whole bytes of it.</summary>
    public int WholeBytes => (int)(((BitOffset + Bits) / 8) - ((BitOffset + 7) / 8));
}
