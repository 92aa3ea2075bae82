using System.Buffers.Binary;

namespace HandleCache.Protocol.Traces;

/// <summary>
/// Cursor over the records of a block's payload. Lengths, flags and kinds are checked; whether the
/// records make sense together is the replay's business.
/// </summary>
public ref struct TraceRecordReader
{
    private const uint KindBits = 0xF;
    private const uint LengthBits = 0xFF0;
    private const uint FlagBits = 0xF000;
    private const uint OpcodeBits = 0xFF_0000;
    private const uint HandleBits = 0xFF00_0000;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _end;
    private readonly long _origin;
    private int _at;

    internal TraceRecordReader(ReadOnlySpan<byte> payloadAndTail, int payloadBytes, long origin)
    {
        _bytes = payloadAndTail;
        _end = payloadBytes;
        _origin = origin;
    }

    /// <summary>Why the last <see cref="TryNext"/> failed; none at the end of the block.</summary>
    public TraceError Error { get; private set; }

    /// <summary>By kind, the bits of a head that must be 0; all for unknown kinds.</summary>
    private static ReadOnlySpan<uint> Forbidden =>
    [
        uint.MaxValue,
        OpcodeBits | (FlagBits & ~(TraceRecord.ReusesNodeIds << TraceRecord.NibbleShift)),
        HandleBits | (FlagBits & ~(TraceRecord.IsExportLookup << TraceRecord.NibbleShift)),
        0,
        OpcodeBits | HandleBits | (FlagBits & ~((TraceRecord.IsBatch
            | TraceRecord.IsFirstOfMessage) << TraceRecord.NibbleShift)),
        OpcodeBits | HandleBits | FlagBits,
        HandleBits | FlagBits,
        OpcodeBits | HandleBits | FlagBits | LengthBits,
        uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue,
        uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue,
    ];

    /// <summary>By length in bytes, the bits of a loaded word that belong to the field.</summary>
    private static ReadOnlySpan<ulong> FieldMasks =>
    [
        0, 0xFF, 0xFFFF, 0xFF_FFFF, 0xFFFF_FFFF, 0xFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF,
        0xFF_FFFF_FFFF_FFFF, ulong.MaxValue, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>
    /// The next record; false at the end of the block, or where a record is malformed: then
    /// <see cref="Error"/> says why.
    /// </summary>
    public bool TryNext(out TraceRecord record)
    {
        int at = _at;
        if (at >= _end)
        {
            record = default;
            return false;
        }

        // The block's tail lies behind the payload, so 8 bytes may be read wherever a field ends.
        uint head = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[at..]);
        uint kind = head & KindBits;
        int nodeIdAt = at + TraceFormat.RecordHeadBytes;
        int nodeIdBytes = (int)((head >> TraceRecord.NodeIdLengthShift) & TraceRecord.LowNibble);
        int valueAt = nodeIdAt + nodeIdBytes;
        int valueBytes = (int)((head >> TraceRecord.ValueLengthShift) & TraceRecord.LowNibble);
        int end = valueAt + valueBytes;
        int handle = (int)(head >> TraceRecord.HandleShift);
        if (handle != 0)
            end += sizeof(uint) + handle - 1;
        if (kind == 0 || (head & Forbidden[(int)kind]) != 0 || HasLongField(head)
            || handle > TraceFormat.MaxHandleBytes + 1 || end > _end)
        {
            record = default;
            return Refuse(head, at, end);
        }

        ulong nodeId = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[nodeIdAt..])
            & FieldMasks[nodeIdBytes];
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[valueAt..])
            & FieldMasks[valueBytes];
        record = new TraceRecord(head, at, nodeId, value);
        _at = end;
        return true;
    }

    /// <summary>Whether one of the two lengths is 9 to 15: bit 3 and any other.</summary>
    private static bool HasLongField(uint head)
    {
        uint lengths = (head & LengthBits) >> TraceRecord.NodeIdLengthShift;
        uint eights = (lengths >> 3) & 0x11;
        return (lengths & (eights * 7)) != 0;
    }

    private bool Refuse(uint head, int at, int end)
    {
        string what = end > _end && (head & KindBits) is >= 1 and <= (uint)TraceRecordKind.End
            ? $"a record of {end - at} bytes where its block has {_end - at} left"
            : $"no record begins with 0x{head:x8}";
        Error = new TraceError(TraceFault.Malformed, _origin + at, what);
        return false;
    }
}
