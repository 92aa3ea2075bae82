namespace HandleCache.Linux.Btf;

/// <summary>One member of a struct or union as BTF has it.</summary>
/// <param name="Name">Empty for an anonymous struct or union.</param>
/// <param name="TypePrefix">The C declaration before the name.</param>
/// <param name="TypeSuffix">The C declaration after the name.</param>
/// <param name="BitOffset">From the start of the enclosing struct or union.</param>
/// <param name="BitFieldBits">Width of a bit field, 0 for any other member.</param>
/// <param name="SizeBytes">sizeof its type; of the storage type for a bit field.</param>
/// <param name="AlignBytes">Natural alignment, which BTF does not hold and sizes imply.</param>
/// <param name="Members">Members of a type declared in place, else empty.</param>
public sealed record BtfMember(
    string Name, string TypePrefix, string TypeSuffix, long BitOffset, int BitFieldBits,
    int SizeBytes, int AlignBytes, IReadOnlyList<BtfMember> Members);
