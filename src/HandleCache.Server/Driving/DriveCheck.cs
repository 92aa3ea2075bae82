using HandleCache.Model.Inodes;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Tap;

namespace HandleCache.Server.Driving;

/// <summary>
/// Checks a server's replies against the rules, in the order of the wire: a FORGET takes effect
/// when it is sent, a reply when it has come. Throws <see cref="RuleBrokenException"/> at the
/// first that breaks one.
/// </summary>
internal sealed partial class DriveCheck : IDisposable
{
    /// <summary>The highest errno of Linux, EHWPOISON (uapi/asm-generic/errno.h).</summary>
    private const int LastErrno = 133;

    private readonly FuseInodeCache _cache = new(new FuseInodeCacheOptions());
    private readonly TrafficCheck _traffic = new();
    private readonly DriveNodes _nodes = new();
    private readonly Dictionary<string, CheckCount> _counts =
        DriveRule.All.ToDictionary(rule => rule.Name, rule => new CheckCount(rule.Name));
    private int _life;

    private readonly IReadOnlySet<string> _allowed;

    /// <param name="allowed">Names of rules that are counted and do not end a script.</param>
    public DriveCheck(IReadOnlySet<string> allowed)
    {
        _allowed = allowed;
        _traffic.Mount(_cache, reusesNodeIds: true);
    }

    /// <summary>What INIT agreed on.</summary>
    public HandleAgreement Handles { get; set; } = HandleAgreement.Classic;

    /// <summary>FUSE_EXPORT_SUPPORT is agreed on.</summary>
    public bool Exports { get; set; }

    /// <summary>Nodeids with generations given again to others where nothing is exported.</summary>
    public long GivenAgain { get; private set; }

    /// <summary>After a restart: answers about nodeids of an earlier life.</summary>
    public long Recovered { get; private set; }

    public long Stale { get; private set; }

    public long Requests => _traffic.Tally.Requests;

    public long Forgets => _traffic.Tally.Forgets;

    /// <summary>Inodes that the kernel holds, the root included.</summary>
    public int Held => _cache.Count;

    /// <summary>The request under way, for what is said of it.</summary>
    public DriveRequest? Asked { get; private set; }

    /// <summary>Its reply, where it has come.</summary>
    private KeptMessage? _answered;

    /// <summary>The last reply was an error.</summary>
    public bool WasRefused { get; private set; }

    public IReadOnlyList<CheckResult> Results() =>
        [.. _traffic.Checks.Take(2).Concat(_counts.Values)
            .Where(check => check.Compared > 0).Select(check => CheckResult.Of(check))];

    /// <summary>Lookups that the kernel holds, by nodeid, the root left out.</summary>
    public Dictionary<ulong, ulong> Lookups() => _nodes.All
        .Select(nodeId => (nodeId, Held: _cache.Held(nodeId)))
        .Where(one => one.Held > 0)
        .ToDictionary(one => one.nodeId, one => one.Held);

    /// <summary>What the server itself counts is what the kernel holds.</summary>
    /// <param name="serverCounts">Of a nodeid; 0 for one that it does not know.</param>
    public void CompareCounts(Func<ulong, ulong> serverCounts)
    {
        foreach (ulong nodeId in _nodes.All)
        {
            Hold(DriveRule.LookupCounts);
            (ulong held, ulong counted) = (_cache.Held(nodeId), serverCounts(nodeId));
            if (held == counted)
                continue;
            (Asked, _answered) = (null, null);
            Report(
                DriveRule.LookupCounts,
                $"the server counts {counted} lookups of nodeid {nodeId} "
                + $"({_nodes.PathOf(nodeId)}), the kernel holds {held}");
        }
    }

    /// <summary>The server has been started again.</summary>
    public void NewLife() => _life++;

    /// <summary>One comparison of a rule that held.</summary>
    public void Hold(DriveRule rule) => _counts[rule.Name].Compared++;

    /// <summary>A request that wants a reply is sent.</summary>
    public DriveRequest Sent(ReadOnlySpan<byte> message)
    {
        FuseRequest request = InTodaysForm(message);
        DriveRequest asked = new(
            request.Opcode, request.Header.nodeid, request.Header.unique, request.Body.ToArray());
        ulong second = RequestReferences.Of(request).OtherNodeId;
        _traffic.Request(request.Opcode, asked.NodeId, second, asked.IsExportLookup);
        (Asked, _answered) = (asked, null);
        return asked;
    }

    /// <summary>A FORGET or BATCH_FORGET is sent.</summary>
    public void SentForgets(ReadOnlySpan<byte> message)
    {
        FuseRequest request = InTodaysForm(message);
        ForgetReader forgets = new(request);
        bool isBatch = request.Opcode == FuseOpcode.FUSE_BATCH_FORGET;
        for (bool first = true; forgets.TryNext(out fuse_forget_one one); first = false)
            _traffic.Forget(one, isBatch, first);
    }

    /// <summary>The reply to <paramref name="asked"/> has come.</summary>
    public void Came(DriveRequest asked, ReadOnlySpan<byte> message)
    {
        _answered = KeptMessage.Reply(message);
        Hold(DriveRule.ReplyShape);
        Hold(DriveRule.ReplyErrno);
        Asked = asked;
        if (!FuseReply.TryParse(message, out FuseReply reply, out WireError error))
        {
            throw error.Fault == WireFault.BadValue
                ? Fault(
                    DriveRule.ReplyErrno,
                    $"a reply's error lies in -511..0, this one is {error.Available}")
                : Fault(DriveRule.ReplyShape, $"the reply's head is wrong: {error}");
        }

        int errno = -reply.Header.error;
        WasRefused = errno != 0;
        if (errno > LastErrno)
            throw Fault(DriveRule.ReplyErrno, $"Linux has no errno {errno}");
        if (errno != 0)
        {
            Failed(asked, errno);
            return;
        }

        if (IsOfEarlierLife(asked.NodeId))
            Recovered++;
        Entries(asked, reply);
        Attributes(asked, reply.Body);
        _nodes.Follow(asked);
    }

    /// <summary>What the kernel made of the reply: an errno of the server's write.</summary>
    public void Taken(int errno)
    {
        if (errno == (int)Errno.EINVAL)
        {
            throw Fault(
                DriveRule.ReplyShape, "the reply is shorter or longer than what was asked for");
        }

        Hold(DriveRule.ReplyUnique);
        if (errno != 0)
            throw Fault(DriveRule.ReplyUnique, $"the kernel waits for no such reply ({errno})");
    }

    /// <summary>
    /// A rule is broken; ends the script unless that is allowed, which it may be where the kernel
    /// and its caller can go on.
    /// </summary>
    public void Report(DriveRule rule, string message)
    {
        RuleBrokenException fault = Fault(rule, message);
        if (!_allowed.Contains(rule.Name))
            throw fault;
    }

    /// <summary>A rule is broken by the request under way or its reply.</summary>
    public RuleBrokenException Fault(DriveRule rule, string message)
    {
        CheckCount count = _counts[rule.Name];
        count.Compared = Math.Max(count.Compared, 1);
        count.Fail(CheckCount.Nowhere, message);
        return new(new DriveFinding(
            rule.Name, rule.Kernel, message,
            Asked is { } asked ? _nodes.Join(asked.NodeId, PathName(asked)) : "")
        {
            Request = Asked?.ToString() ?? "",
            Reply = _answered?.Words ?? "",
        });
    }

    public void Dispose() => _cache.Dispose();

    private static string PathName(DriveRequest asked) =>
        Operation.Of(asked.Opcode).ReturnsOneEntry || asked.Opcode is FuseOpcode.FUSE_UNLINK
            or FuseOpcode.FUSE_RMDIR or FuseOpcode.FUSE_RENAME or FuseOpcode.FUSE_RENAME2
            ? asked.Name
            : "";

    private bool IsOfEarlierLife(ulong nodeId) => nodeId != FuseConstants.FUSE_ROOT_ID
        && _nodes.TryGet(nodeId, out NodeFacts facts) && facts.Life < _life;

    /// <summary>A request as today's protocol has it, whatever the dialect made of it.</summary>
    private FuseRequest InTodaysForm(ReadOnlySpan<byte> message)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request, out WireError error))
            throw new InvalidOperationException($"the modelled kernel sent: {error}");
        return Handles.Dialect.CarriesHandles
            && !Handles.Dialect.ReadRequest(request, out WireRequest wire).IsError
            ? request.As(wire.Header, wire.Body)
            : request;
    }

    /// <summary>The server refused; whether it may.</summary>
    private void Failed(DriveRequest asked, int errno)
    {
        bool isOld = IsOfEarlierLife(asked.NodeId);
        if (asked.IsAboutNodeId)
        {
            Hold(DriveRule.ErrnoClass);
            if (errno == (int)Errno.ENOENT)
            {
                Report(
                    DriveRule.ErrnoClass,
                    $"ENOENT about nodeid {asked.NodeId}, not about a name; where the object is "
                    + "gone ESTALE is due");
            }
        }

        if (isOld)
        {
            Stale++;
            return;
        }

        if (asked.Opcode == FuseOpcode.FUSE_INIT || asked.IsExportLookup
            || _nodes.HasLostName(asked.NodeId))
            return;
        ulong held = _cache.Held(asked.NodeId);
        if (held == 0)
            return;
        bool isUnknown = errno == (int)Errno.ESTALE
            || (asked.Opcode == FuseOpcode.FUSE_GETATTR
                && errno is (int)Errno.EBADF or (int)Errno.EINVAL);
        Hold(DriveRule.LookupCounts);
        if (isUnknown)
        {
            Report(
                DriveRule.LookupCounts,
                $"the kernel holds {held} lookups of nodeid {asked.NodeId}, and the server does "
                + $"not know it ({(Errno)errno})");
        }
    }
}
