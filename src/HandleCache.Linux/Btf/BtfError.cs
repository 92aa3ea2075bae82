namespace HandleCache.Linux.Btf;

/// <summary>What is wrong with BTF data, and where: a byte offset from the data's start.</summary>
public readonly record struct BtfError(long Offset, string Message)
{
    public override string ToString() =>
        FormattableString.Invariant($"BTF, byte {Offset}: {Message}");
}
