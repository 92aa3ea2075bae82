namespace HandleCache.Model.Traffic;

/// <summary>
/// The nodeids that replies gave during the last <see cref="Requests"/> requests, in two rings, so
/// that to remember one costs a store and nothing is looked up until somebody asks.
/// </summary>
internal sealed class RecentEntries
{
    /// <summary>How many requests back the memory goes; a power of 2.</summary>
    public const int Requests = 1024;

    /// <summary>How many entries it can tell apart; a power of 2.</summary>
    private const int Entries = 8192;

    private readonly ulong[] _nodeIds = new ulong[Entries];

    /// <summary>How many entries there had been when a request came.</summary>
    private readonly long[] _entriesBefore = new long[Requests];
    private long _entries;
    private long _requests;

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _entries = 0;
        _requests = 0;
    }

    /// <summary>A request, of whatever kind, has come.</summary>
    public void CountRequest() => _entriesBefore[_requests++ & (Requests - 1)] = _entries;

    /// <summary>A reply gives a nodeid.</summary>
    public void Add(ulong nodeId) => _nodeIds[_entries++ & (Entries - 1)] = nodeId;

    /// <summary>
    /// Whether a reply gave the nodeid within that time; assumed where more entries have come
    /// since than can be told apart.
    /// </summary>
    public bool MayHave(ulong nodeId)
    {
        long oldest = _requests < Requests ? 0 : _entriesBefore[_requests & (Requests - 1)];
        long count = _entries - oldest;
        if (count > Entries)
            return true;
        int from = (int)(oldest & (Entries - 1));
        int first = (int)Math.Min(count, Entries - from);
        return _nodeIds.AsSpan(from, first).Contains(nodeId)
            || _nodeIds.AsSpan(0, (int)count - first).Contains(nodeId);
    }
}
