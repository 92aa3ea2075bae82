namespace HandleCache.Linux.Btf;

/// <summary>A struct or union with its members in the order they are declared.</summary>
public sealed record BtfStruct(
    string Name, bool IsUnion, int SizeBytes, IReadOnlyList<BtfMember> Members);
