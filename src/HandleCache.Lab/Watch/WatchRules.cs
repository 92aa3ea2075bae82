using HandleCache.Model.Traffic;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Driving;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Watch;

/// <summary>
/// The rules of `drive` on watched traffic. The mirror counts the lookups; a rule that is broken
/// is counted, and the traffic goes on. Not thread-safe.
/// </summary>
/// <remarks>
/// A nodeid that the server does not know any more is no breach by itself: what it named may have
/// been removed behind the mount. It is one where the same object is then found under the same
/// name with another nodeid, while the kernel holds the first.
/// </remarks>
internal sealed class WatchRules(KernelMirror mirror) : ServerRules(new HashSet<string>())
{
    /// <summary>So many nodeids that the server did not know are remembered.</summary>
    private const int MostSuspects = 256;

    private readonly Dictionary<ulong, Suspect> _suspects = [];

    /// <summary>Rules that were broken by now.</summary>
    public IEnumerable<string> Broken =>
        Counts.Where(check => check.Mismatches > 0).Select(check => check.Name);

    /// <summary>The known names in a directory, one character a byte.</summary>
    public IReadOnlyList<string> NamesIn(ulong parent) => Nodes.NamesIn(parent);

    /// <summary>
    /// What was compared. The mirror compares identity, too, by handles as well: its check is the
    /// one of that name.
    /// </summary>
    public IReadOnlyList<CheckResult> Results() =>
        [.. Counts.Where(check => check.Name != TrafficChecks.EntryIdentity)
            .Select(check => CheckResult.Of(check))];

    /// <summary>A request and the path it is about.</summary>
    public string Words(DriveRequest asked)
    {
        string path = Nodes.Join(asked.NodeId, asked.Name);
        return path.Length == 0 ? $"{asked}" : $"{asked} (/{path})";
    }

    /// <summary>What is kept of a request until its reply, in today's form.</summary>
    /// <param name="message">The request.</param>
    /// <param name="keptBytes">Of its arguments.</param>
    public DriveRequest Read(in FuseRequest message, int keptBytes)
    {
        FuseRequest request = InTodaysForm(message);
        return new DriveRequest(
            request.Opcode, request.Header.nodeid, request.Header.unique,
            request.Body[..Math.Min(request.Body.Length, keptBytes)].ToArray());
    }

    /// <summary>The kernel holds nothing of a nodeid any more.</summary>
    public void Forgotten(ulong nodeId)
    {
        Nodes.Drop(nodeId);
        _suspects.Remove(nodeId);
    }

    /// <summary>A request for whose reply nobody waits any more.</summary>
    public void Missed(DriveRequest asked, double seconds)
    {
        Begin(asked);
        Hold(DriveRule.NoReply);
        Report(
            DriveRule.NoReply,
            FormattableString.Invariant($"no reply to {Words(asked)} after {seconds:0.#} s"));
    }

    /// <summary>A reply that the kernel does not know (ENOENT of the write).</summary>
    public void Strange(ulong unique)
    {
        Begin(null);
        Report(
            DriveRule.ReplyUnique,
            $"a reply to {unique}, which was answered before or never asked");
    }

    public override void Report(DriveRule rule, string message) => Fault(rule, message);

    protected override ulong HeldOf(ulong nodeId) => mirror.Inspect(cache => cache.Held(nodeId));

    protected override void Counted(in TrafficEntry entry, scoped in FileHandle handle)
    {
    }

    protected override void Unknown(DriveRequest asked, string message)
    {
        if (Nodes.TryGet(asked.NodeId, out NodeFacts facts) && _suspects.Count < MostSuspects)
            _suspects[asked.NodeId] = new(facts, $"{message}, asked by {Words(asked)}");
    }

    protected override void Given(
        DriveRequest asked, string name, ulong nodeId, NodeFacts facts)
    {
        if (_suspects.Count == 0)
            return;
        ulong before = Nodes.NodeIdOf(asked.NodeId, name);
        if (before == nodeId || !_suspects.Remove(before, out Suspect? suspect))
            return;
        bool isSame = facts.Ino != 0 && facts.Ino == suspect.Facts.Ino
            && facts.Type == suspect.Facts.Type;
        if (isSame && HeldOf(before) > 0)
        {
            Report(
                DriveRule.LookupCounts,
                $"{suspect.Message}; the same object, inode {facts.Ino}, is then given under its "
                + $"name as nodeid {nodeId}");
        }
    }

    private sealed record Suspect(NodeFacts Facts, string Message);
}
