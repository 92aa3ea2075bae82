namespace HandleCache.Lab.Compare;

/// <summary>
/// One dialect for a mix, derived by writing its messages with its own codec; means over the mix.
/// </summary>
public sealed record DialectRow
{
    public required string Name { get; init; }

    public required bool CarriesHandles { get; init; }

    /// <summary>Longest handle it carries, in bytes.</summary>
    public required int MaxHandleBytes { get; init; }

    public required IReadOnlyList<OperationRow> Operations { get; init; }

    /// <summary>READDIRPLUS by buffer size.</summary>
    public required IReadOnlyList<ListingRow> Listings { get; init; }

    /// <summary>How handles are kept with it, as posted (PROPOSALS.md).</summary>
    public required string Storage { get; init; }

    /// <summary>Memory of an inode with that storage against today, in bytes.</summary>
    public required double StorageDeltaBytes { get; init; }

    /// <summary>Allocations of a new inode with that storage.</summary>
    public required double AllocationsPerLookup { get; init; }

    /// <summary>
    /// Times that a lookup copies a handle: into the request, out of the reply, into the inode.
    /// </summary>
    public required int CopiesPerLookup { get; init; }

    public required RestartFigures Restart { get; init; }

    /// <summary>Requests of a stat of so many files that nothing is known of.</summary>
    public required long ColdStatRequests { get; init; }

    /// <summary>The same with all validities run out.</summary>
    public required long ExpiredStatRequests { get; init; }

    /// <summary>The same while everything is valid.</summary>
    public required long WarmStatRequests { get; init; }

    /// <summary>Requests of find, which wants names and types only.</summary>
    public required long FindRequests { get; init; }
}
