using HandleCache.Model.Inodes;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Tap;

namespace HandleCache.Server.Driving;

/// <summary>
/// Checks a server's replies against the rules, in the order of the wire: a FORGET takes effect
/// when it is sent, a reply when it has come. Throws <see cref="RuleBrokenException"/> at the
/// first that breaks one.
/// </summary>
internal sealed class DriveCheck : ServerRules, IDisposable
{
    private readonly FuseInodeCache _cache = new(new FuseInodeCacheOptions());
    private readonly TrafficCheck _traffic = new();

    /// <param name="allowed">Names of rules that are counted and do not end a script.</param>
    public DriveCheck(IReadOnlySet<string> allowed)
        : base(allowed) => _traffic.Mount(_cache, reusesNodeIds: true);

    public long Requests => _traffic.Tally.Requests;

    public long Forgets => _traffic.Tally.Forgets;

    /// <summary>Inodes that the kernel holds, the root included.</summary>
    public int Held => _cache.Count;

    public IReadOnlyList<CheckResult> Results() =>
        [.. _traffic.Checks.Take(2).Where(check => check.Compared > 0).Concat(Counts)
            .Select(check => CheckResult.Of(check))];

    /// <summary>Lookups that the kernel holds, by nodeid, the root left out.</summary>
    public Dictionary<ulong, ulong> Lookups() => Nodes.All
        .Select(nodeId => (nodeId, Held: _cache.Held(nodeId)))
        .Where(one => one.Held > 0)
        .ToDictionary(one => one.nodeId, one => one.Held);

    /// <summary>What the server itself counts is what the kernel holds.</summary>
    /// <param name="serverCounts">Of a nodeid; 0 for one that it does not know.</param>
    public void CompareCounts(Func<ulong, ulong> serverCounts)
    {
        foreach (ulong nodeId in Nodes.All)
        {
            Hold(DriveRule.LookupCounts);
            (ulong held, ulong counted) = (_cache.Held(nodeId), serverCounts(nodeId));
            if (held == counted)
                continue;
            Begin(null);
            Report(
                DriveRule.LookupCounts,
                $"the server counts {counted} lookups of nodeid {nodeId} "
                + $"({Nodes.PathOf(nodeId)}), the kernel holds {held}");
        }
    }

    /// <summary>A request that wants a reply is sent.</summary>
    public DriveRequest Sent(ReadOnlySpan<byte> message)
    {
        FuseRequest request = Parse(message);
        DriveRequest asked = new(
            request.Opcode, request.Header.nodeid, request.Header.unique, request.Body.ToArray());
        ulong second = RequestReferences.Of(request).OtherNodeId;
        _traffic.Request(request.Opcode, asked.NodeId, second, asked.IsExportLookup);
        Begin(asked);
        return asked;
    }

    /// <summary>
    /// A request beside another: the names that it may take away may be gone for the other, in
    /// whatever order the two replies come.
    /// </summary>
    public void UnderWay(DriveRequest asked) => Nodes.MayLose(asked);

    /// <summary>A FORGET or BATCH_FORGET is sent.</summary>
    public void SentForgets(ReadOnlySpan<byte> message)
    {
        FuseRequest request = Parse(message);
        ForgetReader forgets = new(request);
        bool isBatch = request.Opcode == FuseOpcode.FUSE_BATCH_FORGET;
        for (bool first = true; forgets.TryNext(out fuse_forget_one one); first = false)
            _traffic.Forget(one, isBatch, first);
    }

    public void Dispose() => _cache.Dispose();

    protected override ulong HeldOf(ulong nodeId) => _cache.Held(nodeId);

    protected override void Counted(in TrafficEntry entry, scoped in FileHandle handle) =>
        _traffic.Entry(entry, handle);

    protected override void Given(
        DriveRequest asked, string name, ulong nodeId, NodeFacts facts)
    {
    }

    protected override void Unknown(DriveRequest asked, string message) =>
        Report(DriveRule.LookupCounts, message);

    private FuseRequest Parse(ReadOnlySpan<byte> message) =>
        FuseRequest.TryParse(message, out FuseRequest request, out WireError error)
            ? InTodaysForm(request)
            : throw new InvalidOperationException($"the modelled kernel sent: {error}");
}
