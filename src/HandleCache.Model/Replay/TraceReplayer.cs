using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Traces;

namespace HandleCache.Model.Replay;

/// <summary>
/// Drives a <see cref="FuseInodeCache"/> with the records of a trace, block by block, and holds the
/// trace to the rules that real traffic keeps. The same trace gives the same result, always. What
/// one mount leaves behind is compared with what the recorder held, and then forgotten.
/// </summary>
/// <remarks>
/// Records are decoded a few at a time; the nodeids of those few are looked for together, so that
/// their cache misses are in flight at once, and then each record is applied in its order. What was
/// found ahead is used up to the first record that removes something; after that each nodeid is
/// looked for again, which is cheap by then. Nothing allocates per record.
/// </remarks>
public sealed partial class TraceReplayer : IDisposable
{
    private const int InFlight = 128;
    private const int TypeShift = 12;

    private readonly ReplayOptions _options;
    private readonly TraceRecord[] _records = new TraceRecord[InFlight];
    private readonly ulong[] _nodeIds = new ulong[InFlight];
    private readonly InodeIndex[] _found = new InodeIndex[InFlight];
    private readonly ReplayCheck _forgetNLookup = new(ReplayChecks.ForgetNLookup);
    private readonly ReplayCheck _liveNodeIds = new(ReplayChecks.LiveNodeIds);
    private readonly ReplayCheck _entryIdentity = new(ReplayChecks.EntryIdentity);
    private readonly ReplayCheck _finalState = new(ReplayChecks.FinalState);
    private readonly ReplayCheck _cacheValid = new(ReplayChecks.CacheValid);
    private FuseInodeCache? _cache;
    private long _origin;

    public TraceReplayer(ReplayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        Checks = [_forgetNLookup, _liveNodeIds, _entryIdentity, _finalState, _cacheValid];
    }

    public ReplayTally Tally { get; } = new();

    /// <summary>All checks; one that compared nothing says nothing.</summary>
    public IReadOnlyList<ReplayCheck> Checks { get; }

    /// <summary>The cache of the mount that is open now; null between two.</summary>
    public FuseInodeCache? Cache => _cache;

    /// <summary>
    /// Applies all records of a block. An error means that the records make no trace: then the
    /// replay is over.
    /// </summary>
    public TraceError Apply(in TraceBlock block)
    {
        TraceRecordReader reader = block.Reader;
        ReadOnlySpan<byte> payload = block.Payload;
        _origin = block.PayloadOffset;
        int applied = 0;
        while (true)
        {
            int count = Decode(ref reader);
            if (reader.Error.IsError)
                return reader.Error;
            if (count == 0)
                break;
            applied += count;
            TraceError error = Apply(count, payload);
            if (error.IsError)
                return error;
        }

        if (_cache is not null)
            SampleMemory(_cache);
        return applied == block.Records
            ? TraceError.None
            : new TraceError(
                TraceFault.Malformed, _origin,
                $"{applied} records in a block that says {block.Records}");
    }

    /// <summary>The trace is over: a mount that is still open is an error.</summary>
    /// <param name="offset">Where the trace ends, in bytes.</param>
    public TraceError Complete(long offset) => _cache is null
        ? TraceError.None
        : new TraceError(TraceFault.Malformed, offset, "the trace ends within a mount");

    public void Dispose() => _cache?.Dispose();

    private int Decode(ref TraceRecordReader reader)
    {
        int count = 0;
        while (count < InFlight && reader.TryNext(out TraceRecord record))
        {
            _records[count] = record;
            _nodeIds[count++] = record.NodeId;
        }

        return count;
    }

    private TraceError Apply(int count, ReadOnlySpan<byte> payload)
    {
        bool isAhead = LookAhead(count);
        for (int i = 0; i < count; i++)
        {
            TraceRecord record = _records[i];
            switch (record.Kind)
            {
                case TraceRecordKind.Entry when _cache is { } cache:
                    Entry(cache, record, _found[i], isAhead, payload);
                    break;
                case TraceRecordKind.Request when _cache is { } cache:
                    Request(cache, record, isAhead ? _found[i] : default);
                    break;
                case TraceRecordKind.Forget when _cache is { } cache:
                    isAhead = false;
                    Forget(cache, record);
                    break;
                case TraceRecordKind.TakeBack when _cache is { } cache:
                    isAhead = false;
                    Tally.TakeBacks++;
                    cache.TakeBack(new IGetResult(cache.Find(record.NodeId), IGetOutcome.Hit));
                    break;
                default:
                    isAhead = false;
                    if (MountOrEnd(record, payload) is { IsError: true } error)
                        return error;
                    break;
            }
        }

        return TraceError.None;
    }

    private bool LookAhead(int count)
    {
        if (_cache is null)
            return false;
        _cache.FindMany(_nodeIds.AsSpan(0, count), _found);
        return true;
    }

    private void Entry(
        FuseInodeCache cache, in TraceRecord record, InodeIndex found, bool isAhead,
        ReadOnlySpan<byte> payload)
    {
        Tally.Entries++;
        uint type = record.Handle(payload, out ReadOnlySpan<byte> bytes);
        FileHandle handle = new(type, bytes);
        uint mode = record.Nibble << TypeShift;
        IGetResult got = isAhead
            ? cache.IGet(found, record.NodeId, record.Value, mode, handle)
            : cache.IGet(record.NodeId, record.Value, mode, handle);
        if (got.Outcome == IGetOutcome.Hit)
        {
            Tally.Hits++;
            _entryIdentity.Compared++;
            return;
        }

        NotHit(cache, record, got, mode, handle);
    }

    private void NotHit(
        FuseInodeCache cache, in TraceRecord record, in IGetResult got, uint mode,
        scoped in FileHandle handle)
    {
        if (got.Outcome == IGetOutcome.HandleRefused)
        {
            Tally.Refused++;
            IGetResult without = cache.IGet(record.NodeId, record.Value, mode);
            if (without.Outcome == IGetOutcome.Hit)
                Tally.Hits++;
            else
                NotHit(cache, record, without, mode, handle);
            return;
        }

        if (got.Outcome is IGetOutcome.Replaced or IGetOutcome.RootKept)
            Differs(cache, record, got);
        if (got.Outcome != IGetOutcome.RootKept)
            Tally.CountCreated(handle.Bytes.Length);
        Tally.InodesPeak = Math.Max(Tally.InodesPeak, cache.Count);
        _peakOfMount = Math.Max(_peakOfMount, cache.Count);
    }

    private void Differs(FuseInodeCache cache, in TraceRecord record, in IGetResult got)
    {
        Tally.Replaced += got.Outcome == IGetOutcome.Replaced ? 1 : 0;
        if (_reusesNodeIds)
            return;
        _entryIdentity.Compared++;
        InodeIndex before = got.Outcome == IGetOutcome.Replaced ? got.Old : got.Index;
        InodeInfo old = cache.Get(before);
        _entryIdentity.Fail(
            _origin + record.At,
            $"nodeid {record.NodeId} comes with generation {(uint)record.Value} and type "
            + $"0x{record.Nibble << TypeShift:x}, it had {old.Generation} and "
            + $"0x{old.FileType:x}, or another handle");
    }

    private void Request(FuseInodeCache cache, in TraceRecord record, InodeIndex found)
    {
        Tally.Requests++;
        CheckLive(cache, record, record.NodeId, found);
        if (record.Value != 0)
            CheckLive(cache, record, record.Value, default);
    }

    private void CheckLive(
        FuseInodeCache cache, in TraceRecord record, ulong nodeId, InodeIndex found)
    {
        // The root is there from mount to unmount, and 0 names nothing.
        if (nodeId is 0 or FuseConstants.FUSE_ROOT_ID)
            return;
        bool held = cache.IsHeld(found, nodeId);
        if (!held && (record.Nibble & TraceRecord.IsExportLookup) != 0)
        {
            Tally.ExportLookups++;
            return;
        }

        _liveNodeIds.Compared++;
        if (!held)
        {
            _liveNodeIds.Fail(
                _origin + record.At,
                $"{record.Opcode} names nodeid {nodeId}, which no entry gave, or which was "
                + "forgotten since");
        }
    }

    private void Forget(FuseInodeCache cache, in TraceRecord record)
    {
        Tally.Forgets++;
        if ((record.Nibble & TraceRecord.IsFirstOfMessage) != 0)
            Tally.ForgetMessages++;
        WireForget forget = cache.ForgetFromWire(record.NodeId, record.Value);
        _forgetNLookup.Compared++;
        if (forget.Outcome is WireForgetOutcome.Exact or WireForgetOutcome.OldGeneration)
            return;
        if (forget.Outcome == WireForgetOutcome.Partial)
        {
            Tally.PartialForgets++;
            return;
        }

        _forgetNLookup.Fail(
            _origin + record.At,
            $"a FORGET takes {record.Value} lookups from nodeid {record.NodeId}, which holds "
            + $"{forget.Held}");
    }
}
