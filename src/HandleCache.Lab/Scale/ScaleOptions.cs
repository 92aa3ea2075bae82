namespace HandleCache.Lab.Scale;

/// <summary>How large a population is put through a real mount.</summary>
public sealed record ScaleOptions
{
    /// <summary>Files of the synthetic tree, in directories of 1,000.</summary>
    public int Files { get; init; } = 10_000_000;

    public ulong Seed { get; init; } = 1;

    /// <summary>Longest wait for the walk, seconds.</summary>
    public double PatienceSeconds { get; init; } = 900;
}
