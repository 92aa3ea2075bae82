namespace HandleCache.Model.Kernel;

/// <summary>What a call gave its caller.</summary>
/// <param name="Errno">0 on success.</param>
/// <param name="Value">A count, where the call gives one.</param>
public sealed record VfsResult(int Errno, long Value = 0)
{
    public VfsStat? Stat { get; init; }

    /// <summary>Bytes as hex: data read, a link's target, an attribute's value, a handle.</summary>
    public string Data { get; init; } = "";

    /// <summary>Directory records as "name ino type", in order.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>What the other process's call gave, where there was one.</summary>
    public VfsResult? Meanwhile { get; init; }

    public static VfsResult Failure(int errno) => new(errno);

    public override string ToString()
    {
        string text = FormattableString.Invariant($"errno {Errno} value {Value}");
        if (Stat is not null)
            text += $" {Stat}";
        if (Data.Length > 0)
            text += $" data {Data}";
        if (Names.Count > 0)
            text += $" names [{string.Join(", ", Names)}]";
        return Meanwhile is null ? text : $"{text} meanwhile {Meanwhile}";
    }
}

/// <summary>The fields of a stat that do not depend on the mount or the clock.</summary>
public sealed record VfsStat(
    ulong Ino,
    uint Mode,
    uint NLink,
    uint Uid,
    uint Gid,
    uint Rdev,
    ulong Size,
    ulong Blocks,
    KernelTime ATime,
    KernelTime MTime,
    KernelTime CTime);

/// <summary>A time stamp as the server gave it; nanoseconds below 10^9.</summary>
public readonly record struct KernelTime(ulong Seconds, uint Nanoseconds);
