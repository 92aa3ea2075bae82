using HandleCache.Model.Handles;

namespace HandleCache.Model.Inodes;

/// <summary>What a <see cref="FuseInodeCache"/> is built for; fixed for its life.</summary>
public sealed record FuseInodeCacheOptions
{
    /// <summary>
    /// How handles are kept; by default 12 bytes inline, longer ones in kmalloc sizes.
    /// </summary>
    public HandleStrategy Strategy { get; init; } = HandleStrategy.Inline(12);

    /// <summary>Make inodes findable by handle, too.</summary>
    public bool IndexByHandle { get; init; }

    public HandleRule HandleRule { get; init; } = HandleRule.Sound;

    public ModelFaults Faults { get; init; } = ModelFaults.None;

    /// <summary>
    /// Evictions of several caches (submounts) go to one queue; by default its own.
    /// </summary>
    public ForgetQueue? Forgets { get; init; }
}
