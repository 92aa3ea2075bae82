using HandleCache.Model.Handles;

namespace HandleCache.Model.Replay;

/// <summary>How a trace is replayed.</summary>
public sealed record ReplayOptions
{
    public HandleStrategy Strategy { get; init; } = HandleStrategy.Inline(12);

    /// <summary>Keep the index by handle, too, as a kernel that exports would.</summary>
    public bool IndexByHandle { get; init; }

    /// <summary>
    /// Give inodes that come without a handle one of these; null leaves them without.
    /// </summary>
    public MixedHandles? Handles { get; init; }

    /// <summary>
    /// Told true before and false after a walk over a whole cache, which is no part of the traffic;
    /// who measures the replay stops the clock for so long.
    /// </summary>
    public Action<bool>? OnWalk { get; init; }
}
