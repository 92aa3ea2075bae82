using System.Text.Json.Serialization;

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

    /// <summary>
    /// Another process's call while the first request of this one waits at the server; null for
    /// none.
    /// </summary>
    public VfsCall? Meanwhile { get; init; }

    /// <summary>
    /// Whose request the server answers next where both callers wait for it: bit by bit, 1 for
    /// the other's.
    /// </summary>
    public uint Schedule { get; init; }

    /// <summary>What becomes of a signal while the first request of this call waits.</summary>
    public Interruption Interrupted { get; init; }

    /// <summary>Whether the call is not the only one under way, or is interrupted.</summary>
    [JsonIgnore]
    public bool Overlaps => Meanwhile is not null || Interrupted != Interruption.None;

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
        if (Interrupted != Interruption.None)
            parts.Add($"interrupted={Interrupted}");
        string text = $"{Kind}({string.Join(", ", parts)})";
        return Meanwhile is null
            ? text
            : FormattableString.Invariant($"{text} meanwhile[{Schedule:x}] {Meanwhile}");
    }
}

/// <summary>How the server takes a signal to its caller.</summary>
public enum Interruption
{
    /// <summary>No signal comes.</summary>
    None,

    /// <summary>The request ends with EINTR.</summary>
    Taken,

    /// <summary>The INTERRUPT is answered with EAGAIN, comes again, and then is taken.</summary>
    Again,

    /// <summary>The request is answered as if no signal had come.</summary>
    TooLate,

    /// <summary>The INTERRUPT is answered with ENOSYS, the request as if none had come.</summary>
    Unknown,
}
