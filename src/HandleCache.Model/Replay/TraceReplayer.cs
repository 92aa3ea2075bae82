using HandleCache.Model.Inodes;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Traces;

namespace HandleCache.Model.Replay;

/// <summary>
/// Brings the records of a trace, block by block, before the <see cref="TrafficCheck"/> that real
/// traffic comes before. The same trace gives the same result, always. What one mount leaves behind
/// is compared with what the recorder had, and then forgotten.
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
    private readonly TrafficCheck _check = new();
    private FuseInodeCache? _cache;

    private readonly byte[] _room = new byte[TraceFormat.MaxHandleBytes];

    /// <summary>Handles were given that the recorder did not have.</summary>
    private bool _isMixed;
    private long _origin;

    public TraceReplayer(ReplayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    public TrafficTally Tally => _check.Tally;

    /// <summary>The same trace with one lookup per life.</summary>
    public CountingSchemes Counting => _check.Counting;

    /// <summary>All checks; one that compared nothing says nothing.</summary>
    public IReadOnlyList<CheckCount> Checks => _check.Checks;

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
            if (_cache is null || record.Kind is TraceRecordKind.Mount
                or TraceRecordKind.Figure or TraceRecordKind.End)
            {
                isAhead = false;
                if (MountOrEnd(record, payload) is { IsError: true } error)
                    return error;
                continue;
            }

            long at = _origin + record.At;
            switch (record.Kind)
            {
                case TraceRecordKind.Entry:
                    Entry(record, _found[i], isAhead, payload);
                    break;
                case TraceRecordKind.Request:
                    _check.Request(
                        record.Opcode, record.NodeId, record.Value,
                        (record.Nibble & TraceRecord.IsExportLookup) != 0,
                        isAhead ? _found[i] : default, at);
                    break;
                case TraceRecordKind.Forget:
                    isAhead = false;
                    Forget(record, at);
                    break;
                case TraceRecordKind.TakeBack:
                    isAhead = false;
                    _check.TakeBack(record.NodeId);
                    break;
                default:
                    throw new InvalidOperationException($"a reader gave kind {record.Kind}");
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
        in TraceRecord record, InodeIndex found, bool isAhead, ReadOnlySpan<byte> payload)
    {
        uint type = record.Handle(payload, out ReadOnlySpan<byte> bytes);
        FileHandle handle = new(type, bytes);
        if (_options.Handles is { } mixed && bytes.IsEmpty)
        {
            handle = mixed.Complete(handle, record.NodeId, record.Value, _room);
            _isMixed = true;
        }

        TrafficEntry entry = new(
            record.Opcode, record.NodeId, record.Value, record.Nibble << TypeShift,
            _origin + record.At);
        if (isAhead)
            _check.Entry(entry, handle, found);
        else
            _check.Entry(entry, handle);
    }

    private void Forget(in TraceRecord record, long at) => _check.Forget(
        new fuse_forget_one { nodeid = record.NodeId, nlookup = record.Value },
        (record.Nibble & TraceRecord.IsBatch) != 0,
        (record.Nibble & TraceRecord.IsFirstOfMessage) != 0,
        at);
}
