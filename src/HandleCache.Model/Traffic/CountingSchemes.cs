namespace HandleCache.Model.Traffic;

/// <summary>
/// The same traffic under the two ways to take lookups back: FORGET with all lookups of an inode
/// (nlookup, today), and FORGET of 1 for an inode's whole life (fusex). They agree while each
/// FORGET takes all that the server holds of its nodeid. One that leaves some was overtaken by a
/// reply that gave the nodeid again: a server that counts keeps it, and one that has one lookup
/// per life forgets an object that the kernel has.
/// </summary>
public sealed class CountingSchemes
{
    /// <summary>Nodeids that a server with one lookup per life has forgotten too early.</summary>
    private readonly HashSet<ulong> _forgotten = [];

    /// <summary>Nodeids taken back.</summary>
    public long Forgets { get; private set; }

    /// <summary>Of these, ones after which the two servers differ.</summary>
    public long Differing { get; private set; }

    /// <summary>
    /// Of these, FORGETs of just one lookup. Such a one may give back a reply that was of no use
    /// while its inode is cached (R6), and a kernel with one lookup per life would not send it.
    /// </summary>
    public long TakingOne { get; private set; }

    /// <summary>
    /// The first of them: its byte in the trace, or <see cref="CheckCount.Nowhere"/>.
    /// </summary>
    public long FirstOffset { get; private set; } = CheckCount.Nowhere;

    /// <summary>The first of them, in words; null where there is none.</summary>
    public string? First { get; private set; }

    /// <summary>
    /// Requests about nodeids that one server has and the other has forgotten: ESTALE there.
    /// </summary>
    public long StaleRequests { get; private set; }

    /// <summary>Whether a server could not tell the two apart.</summary>
    public bool Agrees => Differing == 0;

    /// <summary>A mount begins: nobody knows any nodeid.</summary>
    internal void Mount() => _forgotten.Clear();

    /// <summary>A reply gives the nodeid, to both.</summary>
    internal void Entry(ulong nodeId)
    {
        if (_forgotten.Count > 0)
            _forgotten.Remove(nodeId);
    }

    /// <summary>A request about the nodeid.</summary>
    internal void Request(ulong nodeId)
    {
        if (_forgotten.Count > 0 && _forgotten.Contains(nodeId))
            StaleRequests++;
    }

    /// <summary>A FORGET takes lookups back.</summary>
    /// <param name="nodeId">Whose.</param>
    /// <param name="nlookup">How many, as counted.</param>
    /// <param name="held">How many there were.</param>
    /// <param name="at">Its byte in the trace.</param>
    internal void Forget(ulong nodeId, ulong nlookup, ulong held, long at)
    {
        Forgets++;
        if (nlookup == 0 || held <= nlookup)
        {
            Entry(nodeId);
            return;
        }

        _forgotten.Add(nodeId);
        Differing++;
        TakingOne += nlookup == 1 ? 1 : 0;
        if (First is not null)
            return;
        FirstOffset = at;
        First = $"{(at == CheckCount.Nowhere ? "" : $"byte {at}: ")}FORGET takes {nlookup} of "
            + $"{held} lookups of nodeid {nodeId}: a server that counts keeps {held - nlookup}, "
            + "one that has one per life forgets it";
    }
}
