using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Driving;

/// <summary>
/// The rules that every reply of a server must keep, whoever asked: the modelled kernel or a real
/// one. Who counts the lookups, and what becomes of a rule that is broken, is said by those who
/// derive.
/// </summary>
/// <param name="allowed">Names of rules that are counted and end nothing.</param>
internal abstract partial class ServerRules(IReadOnlySet<string> allowed)
{
    /// <summary>The highest errno of Linux, EHWPOISON (uapi/asm-generic/errno.h).</summary>
    private const int LastErrno = 133;

    private readonly Dictionary<string, CheckCount> _counts =
        DriveRule.All.ToDictionary(rule => rule.Name, rule => new CheckCount(rule.Name));
    private int _life;

    /// <summary>The reply to <see cref="Asked"/>, where it has come.</summary>
    private KeptMessage? _answered;

    /// <summary>What INIT agreed on.</summary>
    public HandleAgreement Handles { get; set; } = HandleAgreement.Classic;

    /// <summary>FUSE_EXPORT_SUPPORT is agreed on.</summary>
    public bool Exports { get; set; }

    /// <summary>Nodeids with generations given again to others where nothing is exported.</summary>
    public long GivenAgain { get; private set; }

    /// <summary>After a restart: answers about nodeids of an earlier life.</summary>
    public long Recovered { get; private set; }

    /// <summary>After a restart: errors about nodeids of an earlier life.</summary>
    public long Stale { get; private set; }

    /// <summary>Of those, ESTALE.</summary>
    public long Estale { get; private set; }

    /// <summary>The request under way, for what is said of it.</summary>
    public DriveRequest? Asked { get; private set; }

    /// <summary>The last reply was an error.</summary>
    public bool WasRefused { get; private set; }

    /// <summary>What was compared so far.</summary>
    protected IEnumerable<CheckCount> Counts =>
        _counts.Values.Where(check => check.Compared > 0);

    protected DriveNodes Nodes { get; } = new();

    /// <summary>The server has been started again.</summary>
    public void NewLife() => _life++;

    /// <summary>How often a rule was broken.</summary>
    public long MismatchesOf(DriveRule rule) => _counts[rule.Name].Mismatches;

    /// <summary>One comparison of a rule that held.</summary>
    public void Hold(DriveRule rule) => _counts[rule.Name].Compared++;

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
        Nodes.Follow(asked);
    }

    /// <summary>What the kernel made of the reply: an errno of the server's write.</summary>
    public void Taken(int errno)
    {
        if (errno == (int)Errno.EINVAL)
        {
            throw Fault(
                DriveRule.ReplyShape,
                $"a reply of {_answered?.LengthBytes} bytes is shorter or longer than what was "
                + "asked for");
        }

        Hold(DriveRule.ReplyUnique);
        if (errno != 0)
            throw Fault(DriveRule.ReplyUnique, $"the kernel waits for no such reply ({errno})");
    }

    /// <summary>The server has answered an INTERRUPT.</summary>
    public void CameToInterrupt(in fuse_out_header header, ReadOnlySpan<byte> message)
    {
        Hold(DriveRule.InterruptReply);
        bool isKnown = -header.error is (int)Errno.EAGAIN or (int)Errno.ENOSYS
            && message.Length == FuseReply.HeaderBytes;
        if (!isKnown)
        {
            Report(
                DriveRule.InterruptReply,
                $"INTERRUPT of request {header.unique & ~FuseConstants.FUSE_INT_REQ_BIT} is "
                + $"answered with {KeptMessage.Reply(message).Words}; the kernel knows EAGAIN, "
                + "ENOSYS and no answer");
        }
    }

    /// <summary>
    /// A rule is broken; ends the script unless that is allowed, which it may be where the kernel
    /// and its caller can go on.
    /// </summary>
    public virtual void Report(DriveRule rule, string message)
    {
        RuleBrokenException fault = Fault(rule, message);
        if (!allowed.Contains(rule.Name))
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
            Asked is { } asked ? Nodes.Join(asked.NodeId, PathName(asked)) : "")
        {
            Request = Asked?.ToString() ?? "",
            Reply = _answered?.Words ?? "",
        });
    }

    /// <summary>Begins what is said of a request; its reply is not there yet.</summary>
    protected void Begin(DriveRequest? asked) => (Asked, _answered) = (asked, null);

    /// <summary>Lookups that the kernel holds of a nodeid.</summary>
    protected abstract ulong HeldOf(ulong nodeId);

    /// <summary>An entry counts a lookup.</summary>
    protected abstract void Counted(in TrafficEntry entry, scoped in FileHandle handle);

    /// <summary>
    /// A reply gives a nodeid for a name, or for none (""); the name is known as it was before.
    /// </summary>
    protected abstract void Given(
        DriveRequest asked, string name, ulong nodeId, NodeFacts facts);

    /// <summary>The server does not know a nodeid of which lookups are held.</summary>
    protected abstract void Unknown(DriveRequest asked, string message);

    /// <summary>A request as today's protocol has it, whatever the dialect made of it.</summary>
    protected FuseRequest InTodaysForm(scoped in FuseRequest request) =>
        Handles.Dialect.CarriesHandles
            && !Handles.Dialect.ReadRequest(request, out WireRequest wire).IsError
            ? request.As(wire.Header, wire.Body)
            : request;

    private static string PathName(DriveRequest asked) =>
        Operation.Of(asked.Opcode).ReturnsOneEntry || asked.Opcode is FuseOpcode.FUSE_UNLINK
            or FuseOpcode.FUSE_RMDIR or FuseOpcode.FUSE_RENAME or FuseOpcode.FUSE_RENAME2
            ? asked.Name
            : "";

    private bool IsOfEarlierLife(ulong nodeId) => nodeId != FuseConstants.FUSE_ROOT_ID
        && Nodes.TryGet(nodeId, out NodeFacts facts) && facts.Life < _life;

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
            Estale += errno == (int)Errno.ESTALE ? 1 : 0;
            return;
        }

        if (asked.Opcode == FuseOpcode.FUSE_INIT || asked.IsExportLookup
            || Nodes.HasLostName(asked.NodeId))
            return;
        ulong held = HeldOf(asked.NodeId);
        if (held == 0)
            return;
        bool isUnknown = errno == (int)Errno.ESTALE
            || (asked.Opcode == FuseOpcode.FUSE_GETATTR
                && errno is (int)Errno.EBADF or (int)Errno.EINVAL);
        Hold(DriveRule.LookupCounts);
        if (isUnknown)
        {
            Unknown(
                asked,
                $"the kernel holds {held} lookups of nodeid {asked.NodeId}, and the server does "
                + $"not know it ({(Errno)errno})");
        }
    }
}
