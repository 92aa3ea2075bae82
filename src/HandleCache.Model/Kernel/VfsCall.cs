namespace HandleCache.Model.Kernel;

/// <summary>
/// One call of a script; what the fields mean is said at <see cref="VfsCallKind"/>. Paths are
/// relative to the mount's root, one char a byte; "" is the root itself.
/// </summary>
public sealed record VfsCall(VfsCallKind Kind)
{
    public string Path { get; init; } = "";

    public string Path2 { get; init; } = "";

    /// <summary>
    /// The caller's fsuid and fsgid, setfsuid(2): 0 is root with every capability, anybody else
    /// has none and belongs to no other group.
    /// </summary>
    public uint Uid { get; init; }

    /// <summary>The new owner of a ChOwn; null leaves it.</summary>
    public uint? Owner { get; init; }

    public int Slot { get; init; }

    public int Flags { get; init; }

    public uint Mode { get; init; }

    /// <summary>Bytes.</summary>
    public int Size { get; init; }

    public long Offset { get; init; }

    public override string ToString()
    {
        List<string> parts = [];
        if (Path.Length > 0 || Path2.Length > 0)
            parts.Add($"\"{Path}\"");
        if (Path2.Length > 0)
            parts.Add($"\"{Path2}\"");
        if (Slot != 0)
            parts.Add(FormattableString.Invariant($"slot={Slot}"));
        if (Flags != 0)
            parts.Add(FormattableString.Invariant($"flags=0x{Flags:x}"));
        if (Mode != 0)
            parts.Add(FormattableString.Invariant($"mode=0x{Mode:x}"));
        if (Size != 0)
            parts.Add(FormattableString.Invariant($"size={Size}"));
        if (Offset != 0)
            parts.Add(FormattableString.Invariant($"offset={Offset}"));
        if (Owner is { } owner)
            parts.Add(FormattableString.Invariant($"owner={owner}"));
        if (Uid != 0)
            parts.Add(FormattableString.Invariant($"uid={Uid}"));
        return $"{Kind}({string.Join(", ", parts)})";
    }
}
