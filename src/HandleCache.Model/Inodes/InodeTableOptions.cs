using HandleCache.Model.Handles;

namespace HandleCache.Model.Inodes;

/// <summary>What an <see cref="InodeTable"/> is built for; fixed for its life.</summary>
public sealed record InodeTableOptions
{
    /// <summary>
    /// How handles are kept; by default 12 bytes inline, longer ones in kmalloc sizes.
    /// </summary>
    public HandleStrategy Strategy { get; init; } = HandleStrategy.Inline(12);

    /// <summary>Keep a second index, so that a record is found by its handle too.</summary>
    public bool IndexByHandle { get; init; }
}
