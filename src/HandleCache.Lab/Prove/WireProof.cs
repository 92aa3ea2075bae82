using HandleCache.Lab.Validate;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Mounting;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Prove;

/// <summary>
/// Counts the bytes of each LOOKUP of a walk, as the kernel writes its request and takes its reply,
/// and holds them against what the design says for the handle of that directory and that file.
/// </summary>
internal sealed class WireProof : ITrafficObserver
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Dialect _dialect;
    private readonly SyntheticOptions _options;
    private readonly SyntheticTree _tree;
    private readonly Lock _lock = new();
    private readonly HashSet<ulong> _lookups = [];
    private bool _isAgain;
    private (long Count, long Predicted, long Measured) _requests;
    private (long Count, long Predicted, long Measured) _replies;

    private WireProof(Dialect dialect, SyntheticOptions options)
    {
        _dialect = dialect;
        _options = options;
        _tree = new SyntheticTree(options);
    }

    public static IReadOnlyList<ProofRow> Run(
        FuseDriver driver, Dialect dialect, SyntheticOptions options, CancellationToken cancel)
    {
        WireProof first = Walk(driver, dialect, options, again: false, cancel);
        WireProof again = Walk(
            driver, dialect, options with { EntryValid = TimeSpan.Zero }, again: true, cancel);
        return
        [
            Row("bytes a LOOKUP, request", first._requests),
            Row("bytes a LOOKUP, reply", first._replies),
            Row("bytes a LOOKUP of a cached name, request", again._requests),
        ];
    }

    /// <summary>
    /// A walk over the whole tree; or one more, whose names are cached and have expired.
    /// </summary>
    private static WireProof Walk(
        FuseDriver driver, Dialect dialect, SyntheticOptions options, bool again,
        CancellationToken cancel)
    {
        using StagePlan plan = new(new ValidateOptions { Seed = 1 }, null, cancel);
        WireProof proof = new(dialect, options);
        using (ServedMount mount = ServedMount.Start(
            plan.Namespace, plan.NewMountPoint("wire"), new SyntheticFileSystem(options),
            new SessionOptions { ReadDirPlus = ReadDirPlusMode.Off, Dialect = dialect },
            new FuseMountOptions { Driver = driver, ReadOnly = true }, proof))
        using (WorkloadProcess client = plan.Namespace.Invoke(() => WorkloadProcess.Start()))
        using (cancel.Register(client.Kill))
        {
            client.Ask(new WalkRequest(mount.MountPoint), Patience);
            if (again)
            {
                proof.BeginAgain();
                client.Ask(new WalkRequest(mount.MountPoint), Patience);
            }
        }

        return proof;
    }

    private void BeginAgain()
    {
        lock (_lock)
        {
            _isAgain = true;
            _requests = default;
        }
    }

    public void OnRequest(ReadOnlySpan<byte> message)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request, out _)
            || _dialect.ReadRequest(request, out WireRequest wire).IsError
            || wire.Opcode != FuseOpcode.FUSE_LOOKUP)
        {
            return;
        }

        int todays = FuseRequest.HeaderBytes + wire.Body.Length;
        lock (_lock)
        {
            bool isBrought =
                !_isAgain || !_dialect.Has(DialectDefect.V3RevalidateWithoutParent);
            int predicted = _dialect.RequestBytes(
                FuseOpcode.FUSE_LOOKUP, todays,
                isBrought ? HandleBytesOf(wire.Header.nodeid) : 0);
            _lookups.Add(wire.Header.unique);
            Add(ref _requests, predicted, message.Length);
        }
    }

    public void OnReply(ReadOnlySpan<byte> message) { }

    public void OnSent(ReadOnlySpan<byte> message, Errno errno)
    {
        if (errno != Errno.None
            || !FuseReply.TryParse(message, out FuseReply reply, out _) || reply.Header.error != 0)
        {
            return;
        }

        lock (_lock)
        {
            if (!_lookups.Remove(reply.Header.unique)
                || _dialect.ReadEntryReply(
                    FuseOpcode.FUSE_LOOKUP, reply, out WireEntry entry, out _).IsError)
            {
                return;
            }

            Add(
                ref _replies,
                _dialect.ReplyBytes(
                    FuseOpcode.FUSE_LOOKUP, HandleBytesOf(entry.Entry.nodeid)),
                message.Length);
        }
    }

    private static void Add(
        ref (long Count, long Predicted, long Measured) sum, int predicted, int measured)
    {
        sum.Count++;
        sum.Predicted += predicted;
        sum.Measured += measured;
    }

    /// <summary>The root has none: no reply brings it.</summary>
    private int HandleBytesOf(ulong nodeId)
    {
        Span<byte> bytes = stackalloc byte[SyntheticHandle.MaxBytes];
        return _tree.TryIdOfNodeId(nodeId, out ulong id) && id != 0
            ? SyntheticHandle.Fill(_options, id, bytes).Length
            : 0;
    }

    private static ProofRow Row(
        string name, in (long Count, long Predicted, long Measured) sum) => new(
        name, Mean(sum.Predicted, sum.Count), Mean(sum.Measured, sum.Count),
        sum.Count > 0 && sum.Predicted == sum.Measured);

    private static string Mean(long bytes, long count) => FormattableString.Invariant(
        $"{(double)bytes / Math.Max(1, count):F1}");
}
