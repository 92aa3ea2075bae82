using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Traffic;

/// <summary>An entry of a reply as tap or trace brings it, its handle apart.</summary>
/// <param name="Opcode">The request's.</param>
/// <param name="NodeId">Never 0.</param>
/// <param name="Generation">The server's.</param>
/// <param name="Mode">Of which S_IFMT counts.</param>
/// <param name="At">Its byte in the trace, or <see cref="CheckCount.Nowhere"/>.</param>
public readonly record struct TrafficEntry(
    FuseOpcode Opcode, ulong NodeId, ulong Generation, uint Mode, long At);

/// <summary>
/// Drives the modelled inode cache with traffic and checks the traffic by it: what the kernel must
/// have in its cache follows from the replies it took and the FORGETs it sent. The one verdict for
/// a tap, which sees messages, and for a replay, which reads records; neither has rules of its own.
/// Not thread-safe: the order of events is the point.
/// </summary>
/// <remarks>
/// <para>
/// What the wire does not show is when an inode was evicted: only when its FORGET was read. A
/// reply for the same nodeid may have been taken in between and has made a new inode, so such a
/// FORGET carries less than all counts held. Likewise a revalidation that finds another nodeid
/// under a name sends FORGET(nodeid, 1) at once (R6). Both need a reply for that nodeid during the
/// last <see cref="RecentRequests"/> requests; a lesser count without one is a mismatch, and the
/// rest must balance later.
/// </para>
/// <para>
/// Where a nodeid stands for several inodes, which of them a reply was counted for is the kernel's
/// secret: a revalidation that finds another generation counts on the old inode before it gives it
/// up (R6), a lookup on the new one (R1). Only the sum can be exact.
/// </para>
/// </remarks>
public sealed partial class TrafficCheck
{
    /// <summary>
    /// How many requests an eviction may be older than its FORGET. R3 serves 8 requests for 16
    /// reads of the forget queue, and a read drains up to its whole buffer.
    /// </summary>
    public const int RecentRequests = RecentEntries.Requests;

    private readonly RecentEntries _recent = new();

    /// <summary>
    /// By nodeid, what the last entry put aside that did; for one that is not delivered.
    /// </summary>
    private readonly Dictionary<ulong, IGetResult> _putAside = [];
    private FuseInodeCache? _cache;
    private bool _reusesNodeIds;

    public TrafficCheck() =>
        Checks = [ForgetNLookup, LiveNodeIds, EntryIdentity, FinalState, CacheValid];

    public TrafficTally Tally { get; } = new();

    /// <summary>Whether FORGET of 1 per life would have done as well.</summary>
    public CountingSchemes Counting { get; } = new();

    public CheckCount ForgetNLookup { get; } = new(TrafficChecks.ForgetNLookup);

    public CheckCount LiveNodeIds { get; } = new(TrafficChecks.LiveNodeIds);

    public CheckCount EntryIdentity { get; } = new(TrafficChecks.EntryIdentity);

    /// <summary>A replay's alone.</summary>
    public CheckCount FinalState { get; } = new(TrafficChecks.FinalState);

    public CheckCount CacheValid { get; } = new(TrafficChecks.CacheValid);

    public IReadOnlyList<CheckCount> Checks { get; }

    /// <summary>The most inodes at once of this mount, the root included.</summary>
    public int InodesPeak { get; private set; }

    private FuseInodeCache Cache =>
        _cache ?? throw new InvalidOperationException("traffic outside a mount");

    /// <summary>A mount begins with an empty cache, which the caller owns.</summary>
    /// <param name="cache">Without its root yet.</param>
    /// <param name="rootNodeId">The root's.</param>
    /// <param name="reusesNodeIds">
    /// The server gives nodeids again for other objects, so entry-identity says nothing of it.
    /// </param>
    public void Mount(
        FuseInodeCache cache, ulong rootNodeId = FuseInodeCache.RootNodeId,
        bool reusesNodeIds = false)
    {
        ArgumentNullException.ThrowIfNull(cache);
        _cache = cache;
        _reusesNodeIds = reusesNodeIds;
        _recent.Clear();
        _putAside.Clear();
        Counting.Mount();
        cache.MountRoot(FileModes.Directory, rootNodeId);
        Tally.Mounts++;
        InodesPeak = 0;
        CountInodes(cache);
    }

    /// <summary>
    /// A request that wants a reply names a nodeid, and perhaps a second one (0 for none).
    /// </summary>
    /// <param name="opcode">What it asks.</param>
    /// <param name="nodeId">The header's.</param>
    /// <param name="second">As <see cref="Protocol.Wire.Operation.SecondNodeId"/> has it.</param>
    /// <param name="isExportLookup">It is LOOKUP of "." or "..".</param>
    /// <param name="found">Where the search was done ahead, what it found.</param>
    /// <param name="at">Its byte in the trace, or <see cref="CheckCount.Nowhere"/>.</param>
    public void Request(
        FuseOpcode opcode, ulong nodeId, ulong second, bool isExportLookup,
        InodeIndex found = default, long at = CheckCount.Nowhere)
    {
        FuseInodeCache cache = Cache;
        Tally.Requests++;
        _recent.CountRequest();
        CheckLive(cache, opcode, nodeId, isExportLookup, found, at);
        if (second != 0)
            CheckLive(cache, opcode, second, false, default, at);
    }

    /// <summary>One nodeid and its count of a FORGET or BATCH_FORGET.</summary>
    /// <param name="one">Whose lookups, and how many.</param>
    /// <param name="isBatch">It is an entry of BATCH_FORGET.</param>
    /// <param name="isFirst">The first of its message.</param>
    /// <param name="at">Its byte in the trace, or <see cref="CheckCount.Nowhere"/>.</param>
    public void Forget(
        fuse_forget_one one, bool isBatch, bool isFirst, long at = CheckCount.Nowhere)
    {
        Tally.Forgets++;
        if (isFirst)
        {
            Tally.ForgetMessages++;
            _recent.CountRequest();
        }

        if (_putAside.Count > 0)
            _putAside.Remove(one.nodeid);
        WireForget forget = Cache.ForgetFromWire(one.nodeid, one.nlookup);
        Counting.Forget(one.nodeid, one.nlookup, forget.Held, at);
        ForgetNLookup.Compared++;
        switch (forget.Outcome)
        {
            case WireForgetOutcome.Exact:
            case WireForgetOutcome.OldGeneration:
                return;
            case WireForgetOutcome.Partial
                when forget.Amount == 0 || _reusesNodeIds || _recent.MayHave(one.nodeid):
                Tally.PartialForgets++;
                return;
            default:
                ForgetNLookup.Fail(
                    at,
                    $"{(isBatch ? "BATCH_FORGET" : "FORGET")} takes {one.nlookup} lookups from "
                    + $"nodeid {one.nodeid}, which holds {forget.Held} ({forget.Outcome})");
                return;
        }
    }

    /// <summary>
    /// The last entry of this nodeid was not delivered: the kernel took nothing of it.
    /// </summary>
    public void TakeBack(ulong nodeId)
    {
        FuseInodeCache cache = Cache;
        Tally.TakeBacks++;
        InodeIndex index = cache.Find(nodeId);
        IGetResult got = new(index, IGetOutcome.Hit);
        if (_putAside.Count > 0 && _putAside.TryGetValue(nodeId, out IGetResult put)
            && put.Index == index)
        {
            got = put;
        }

        cache.TakeBack(got);
        if (cache.Find(nodeId) != index || got.Outcome == IGetOutcome.RootKept)
            _putAside.Remove(nodeId);
    }

    /// <summary>Walks the whole cache; every finding is a mismatch of one comparison.</summary>
    public void Validate(long at = CheckCount.Nowhere)
    {
        CacheValid.Compared++;
        foreach (ValidationError error in Cache.Validate())
            CacheValid.Fail(at, $"{Cache.Count} inodes: {error}");
    }

    private void CheckLive(
        FuseInodeCache cache, FuseOpcode opcode, ulong nodeId, bool isExportLookup,
        InodeIndex found, long at)
    {
        // The root is there from mount to unmount, whatever was counted; 0 names nothing.
        if (nodeId is 0 or FuseConstants.FUSE_ROOT_ID)
            return;
        bool held = cache.IsHeld(found, nodeId);
        Counting.Request(nodeId);

        // LOOKUP "." and ".." of an exported handle name a nodeid that the kernel has forgotten:
        // that is what FUSE_EXPORT_SUPPORT is for (R14).
        if (!held && isExportLookup)
        {
            Tally.ExportLookups++;
            return;
        }

        LiveNodeIds.Compared++;
        if (!held)
        {
            LiveNodeIds.Fail(
                at,
                $"{opcode} names nodeid {nodeId}, which no entry gave, or which was forgotten "
                + "since");
        }
    }
}
