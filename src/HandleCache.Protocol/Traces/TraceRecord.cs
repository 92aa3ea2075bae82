using System.Buffers.Binary;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Traces;

/// <summary>
/// One record, decoded but for its handle, which stays in the payload. Small, so that readers can
/// keep many at once.
/// </summary>
/// <param name="head">The record's first 4 bytes.</param>
/// <param name="at">Where in the payload the record begins, in bytes.</param>
/// <param name="nodeId">Its nodeid, 0 where it has none.</param>
/// <param name="value">Generation, nlookup, second nodeid or figure, by kind.</param>
public readonly struct TraceRecord(uint head, int at, ulong nodeId, ulong value)
{
    /// <summary>Mount: the server gives nodeids again for other objects.</summary>
    public const uint ReusesNodeIds = 1;

    /// <summary>Request: LOOKUP of "." or "..", which may name a forgotten nodeid (R14).</summary>
    public const uint IsExportLookup = 1;

    /// <summary>Forget: an entry of BATCH_FORGET.</summary>
    public const uint IsBatch = 1;

    /// <summary>Forget: the first entry of its message.</summary>
    public const uint IsFirstOfMessage = 2;

    internal const int NodeIdLengthShift = 4;
    internal const int ValueLengthShift = 8;
    internal const int NibbleShift = 12;
    internal const int OpcodeShift = 16;
    internal const int HandleShift = 24;
    internal const uint LowNibble = 0xF;

    /// <summary>Opcodes above are recorded as this one.</summary>
    internal const uint OtherOpcode = byte.MaxValue;

    public TraceRecordKind Kind => (TraceRecordKind)(head & LowNibble);

    /// <summary>Offset of the record in its block's payload, in bytes.</summary>
    public int At => at;

    public ulong NodeId => nodeId;

    public ulong Value => value;

    /// <summary>Flags, or S_IFMT &gt;&gt; 12 of an entry.</summary>
    public uint Nibble => (head >> NibbleShift) & LowNibble;

    public FuseOpcode Opcode => (FuseOpcode)(byte)(head >> OpcodeShift);

    public TraceFigure Figure => (TraceFigure)(byte)(head >> OpcodeShift);

    public bool HasHandle => head >> HandleShift != 0;

    /// <summary>Length of the handle in bytes; 0 where there is none.</summary>
    public int HandleLength => Math.Max((int)(head >> HandleShift) - 1, 0);

    /// <summary>All bytes of the record.</summary>
    public int SizeBytes => HandleTypeAt + (HasHandle ? sizeof(uint) + HandleLength : 0) - at;

    private int HandleTypeAt => at + TraceFormat.RecordHeadBytes
        + (int)((head >> NodeIdLengthShift) & LowNibble)
        + (int)((head >> ValueLengthShift) & LowNibble);

    /// <summary>The handle, out of the payload that the record came from.</summary>
    /// <param name="payload">That payload.</param>
    /// <param name="handle">Its bytes.</param>
    /// <returns>Its type.</returns>
    public uint Handle(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> handle)
    {
        handle = default;
        if (!HasHandle)
            return 0;
        int typeAt = HandleTypeAt;
        handle = payload.Slice(typeAt + sizeof(uint), HandleLength);
        return BinaryPrimitives.ReadUInt32LittleEndian(payload[typeAt..]);
    }
}
