namespace HandleCache.Bars.Table;

/// <summary>Where a part was measured; what <c>perf/machine</c> prints.</summary>
internal sealed record Machine
{
    public required string Cpu { get; init; }

    public required int Cores { get; init; }

    public required int MemoryGiB { get; init; }

    public required string Kernel { get; init; }
}
