namespace HandleCache.Lab.Watch;

/// <summary>What `watch` was asked.</summary>
public sealed record WatchOptions
{
    /// <summary>An existing directory.</summary>
    public required string MountPoint { get; init; }

    /// <summary>The server and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>The server gives nodeids again for other objects.</summary>
    public bool ReusesNodeIds { get; init; }

    /// <summary>Record the traffic in this file; null for none.</summary>
    public string? Record { get; init; }
}
