namespace HandleCache.Server.Synthetic;

/// <summary>
/// nlookup of every object: 8 bytes each, allocated a page of 1024 at a time when the first of
/// the page is looked up. Safe from any thread. The top bit says that the object was ever given.
/// </summary>
internal sealed class LookupCounts
{
    private const int PageEntries = 1024;
    private const long EverGiven = long.MinValue;

    private readonly long[]?[] _pages;
    private long _live;

    public LookupCounts(ulong objectCount) =>
        _pages = new long[]?[(objectCount + PageEntries - 1) / PageEntries];

    /// <summary>Objects whose count is not zero.</summary>
    public long Live => Volatile.Read(ref _live);

    public long Count(ulong id) => Value(id) & ~EverGiven;

    public bool WasEverGiven(ulong id) => Value(id) != 0;

    /// <summary>One more lookup reached the kernel.</summary>
    public void Add(ulong id)
    {
        ref long slot = ref Page(id)[id % PageEntries];
        long seen = Volatile.Read(ref slot);
        while (true)
        {
            long next = (seen | EverGiven) + 1;
            long before = Interlocked.CompareExchange(ref slot, next, seen);
            if (before == seen)
                break;
            seen = before;
        }

        if ((seen & ~EverGiven) == 0)
            Interlocked.Increment(ref _live);
    }

    /// <summary>
    /// Takes counts back; false, and the count then zero, when there were not that many.
    /// </summary>
    public bool TryRemove(ulong id, ulong nlookup)
    {
        if (Volatile.Read(ref _pages[id / PageEntries]) is not { } page)
            return nlookup == 0;
        ref long slot = ref page[id % PageEntries];
        long seen = Volatile.Read(ref slot);
        while (true)
        {
            ulong count = (ulong)(seen & ~EverGiven);
            ulong left = count - Math.Min(count, nlookup);
            long before = Interlocked.CompareExchange(
                ref slot, (seen & EverGiven) | (long)left, seen);
            if (before != seen)
            {
                seen = before;
                continue;
            }

            if (left == 0 && count > 0)
                Interlocked.Decrement(ref _live);
            return nlookup <= count;
        }
    }

    private long Value(ulong id) =>
        Volatile.Read(ref _pages[id / PageEntries]) is { } page
            ? Volatile.Read(ref page[id % PageEntries])
            : 0;

    private long[] Page(ulong id)
    {
        ref long[]? slot = ref _pages[id / PageEntries];
        return Volatile.Read(ref slot)
            ?? Interlocked.CompareExchange(ref slot, new long[PageEntries], null)
            ?? Volatile.Read(ref slot)!;
    }
}
