using HandleCache.Lab.Validate;

namespace HandleCache.Lab.Soak;

/// <summary>What <c>soak</c> does on real mounts.</summary>
public sealed record SoakOptions
{
    public double Minutes { get; init; } = 10;

    public int Seed { get; init; } = 1;

    /// <summary>Where sources, mount points and shadows are made; default the temporary folder.
    /// </summary>
    public string? On { get; init; }

    /// <summary>From one killed server to the next, milliseconds, on average.</summary>
    public int ServerLifeMs { get; init; } = 2000;

    /// <summary>The same of clients, on each mount.</summary>
    public int ClientLifeMs { get; init; } = 700;

    /// <summary>How inodes are evicted in the end.</summary>
    public EvictionMethod Eviction { get; init; } = EvictionMethod.Auto;
}
