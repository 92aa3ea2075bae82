using System.Buffers.Binary;
using System.Numerics;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Traces;

/// <summary>
/// Makes a trace out of records; whole blocks go to a sink. Nothing allocates per record. Not
/// thread-safe: the owner's lock is held around calls. A trace is whole only after
/// <see cref="Complete"/>.
/// </summary>
public sealed class TraceWriter
{
    /// <summary>Payload of a full block: fits the second-level cache.</summary>
    public const int DefaultPayloadBytes = 1 << 16;

    private readonly ITraceSink _sink;
    private readonly byte[] _block;
    private readonly int _payloadBytes;
    private int _used;
    private int _inBlock;
    private long _records;
    private bool _complete;

    /// <param name="sink">Takes the header at once, then blocks.</param>
    /// <param name="payloadBytes">Payload of a block, at least one longest record.</param>
    public TraceWriter(ITraceSink sink, int payloadBytes = DefaultPayloadBytes)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentOutOfRangeException.ThrowIfLessThan(payloadBytes, TraceFormat.MaxRecordBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadBytes, TraceFormat.MaxPayloadBytes);
        _sink = sink;
        _payloadBytes = payloadBytes;
        _block = new byte[
            TraceFormat.BlockHeadBytes + payloadBytes + TraceFormat.BlockTailBytes];
        WriteHeader();
    }

    /// <summary>Records written, those in the block that is not full yet included.</summary>
    public long Records => _records + _inBlock;

    /// <summary>A mount begins.</summary>
    public void Mount(ulong rootNodeId, bool reusesNodeIds, ReadOnlySpan<byte> name) => Add(
        Head(TraceRecordKind.Mount, 0, reusesNodeIds ? TraceRecord.ReusesNodeIds : 0),
        rootNodeId, 0, 0, name, hasHandle: !name.IsEmpty);

    /// <summary>A request names a nodeid, and perhaps a second one.</summary>
    public void Request(FuseOpcode opcode, ulong nodeId, ulong second, bool exportLookup) => Add(
        Head(TraceRecordKind.Request, opcode, exportLookup ? TraceRecord.IsExportLookup : 0),
        nodeId, second, 0, default, hasHandle: false);

    /// <summary>An entry counts one lookup.</summary>
    public void Entry(
        FuseOpcode opcode, ulong nodeId, ulong generation, uint mode,
        uint handleType, ReadOnlySpan<byte> handle) => Add(
            Head(TraceRecordKind.Entry, opcode, (mode >> TraceRecord.NibbleShift)
                & TraceRecord.LowNibble),
            nodeId, generation, handleType, handle, handleType != 0 || !handle.IsEmpty);

    /// <summary>Lookups are taken back.</summary>
    public void Forget(ulong nodeId, ulong nlookup, bool batch, bool firstOfMessage) => Add(
        Head(TraceRecordKind.Forget, 0, (batch ? TraceRecord.IsBatch : 0)
            | (firstOfMessage ? TraceRecord.IsFirstOfMessage : 0)),
        nodeId, nlookup, 0, default, hasHandle: false);

    /// <summary>The last entry of a nodeid was not delivered.</summary>
    public void TakeBack(ulong nodeId) => Add(
        Head(TraceRecordKind.TakeBack, 0, 0), nodeId, 0, 0, default, hasHandle: false);

    /// <summary>What was held when the mount ended.</summary>
    public void Figure(TraceFigure figure, ulong value) => Add(
        Head(TraceRecordKind.Figure, (FuseOpcode)figure, 0), 0, value, 0, default,
        hasHandle: false);

    /// <summary>The mount is over.</summary>
    public void End() =>
        Add(Head(TraceRecordKind.End, 0, 0), 0, 0, 0, default, hasHandle: false);

    /// <summary>Writes the last block and the end block; nothing may be added after it.</summary>
    public void Complete()
    {
        if (_complete)
            return;
        Flush(TraceFormat.BlockMagic);
        _complete = true;
        Flush(TraceFormat.EndMagic);
    }

    private static uint Head(TraceRecordKind kind, FuseOpcode opcode, uint nibble) =>
        (uint)kind | (nibble << TraceRecord.NibbleShift)
        | (Math.Min((uint)opcode, TraceRecord.OtherOpcode) << TraceRecord.OpcodeShift);

    private void Add(
        uint head, ulong nodeId, ulong value, uint handleType, ReadOnlySpan<byte> handle,
        bool hasHandle)
    {
        ObjectDisposedException.ThrowIf(_complete, this);
        if (handle.Length > TraceFormat.MaxHandleBytes)
            handle = handle[..TraceFormat.MaxHandleBytes];
        int nodeIdBytes = BytesOf(nodeId);
        int valueBytes = BytesOf(value);
        int handleBytes = hasHandle ? sizeof(uint) + handle.Length : 0;
        int all = TraceFormat.RecordHeadBytes + nodeIdBytes + valueBytes + handleBytes;
        if (_used + all > _payloadBytes)
            Flush(TraceFormat.BlockMagic);

        head |= ((uint)nodeIdBytes << TraceRecord.NodeIdLengthShift)
            | ((uint)valueBytes << TraceRecord.ValueLengthShift)
            | (hasHandle ? (uint)(handle.Length + 1) << TraceRecord.HandleShift : 0);
        Span<byte> at = _block.AsSpan(TraceFormat.BlockHeadBytes + _used);
        BinaryPrimitives.WriteUInt32LittleEndian(at, head);

        // Whole words are written: what is too much lies in the tail or is overwritten next.
        at = at[TraceFormat.RecordHeadBytes..];
        BinaryPrimitives.WriteUInt64LittleEndian(at, nodeId);
        at = at[nodeIdBytes..];
        BinaryPrimitives.WriteUInt64LittleEndian(at, value);
        if (hasHandle)
        {
            at = at[valueBytes..];
            BinaryPrimitives.WriteUInt32LittleEndian(at, handleType);
            handle.CopyTo(at[sizeof(uint)..]);
        }

        _used += all;
        _inBlock++;
    }

    private static int BytesOf(ulong value) =>
        (64 + 7 - BitOperations.LeadingZeroCount(value)) / 8;

    private void WriteHeader()
    {
        Span<byte> header = stackalloc byte[TraceFormat.HeaderBytes];
        header.Clear();
        TraceFormat.Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], TraceFormat.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], TraceFormat.HeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], Crc32C.Of(header[..28]));
        _sink.Write(header);
    }

    private void Flush(uint magic)
    {
        if (_inBlock == 0 && magic == TraceFormat.BlockMagic)
            return;
        Span<byte> block = _block.AsSpan(
            0, TraceFormat.BlockHeadBytes + _used + TraceFormat.BlockTailBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(block, magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], (uint)_used);
        BinaryPrimitives.WriteUInt64LittleEndian(block[8..], (ulong)_records);
        BinaryPrimitives.WriteUInt32LittleEndian(block[16..], (uint)_inBlock);
        BinaryPrimitives.WriteUInt32LittleEndian(block[20..], 0);
        Span<byte> tail = block[^TraceFormat.BlockTailBytes..];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(tail[4..], Crc32C.Of(block[..^4]));
        _records += _inBlock;
        _inBlock = 0;
        _used = 0;
        _sink.Write(block);
    }
}

/// <summary>Takes the bytes of a trace in their order.</summary>
public interface ITraceSink
{
    /// <summary>
    /// The header, or one whole block; the bytes are good only during the call.
    /// </summary>
    void Write(ReadOnlySpan<byte> bytes);
}
