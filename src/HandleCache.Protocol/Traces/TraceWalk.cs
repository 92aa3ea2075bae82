using System.Buffers.Binary;

namespace HandleCache.Protocol.Traces;

/// <summary>
/// Takes a trace apart, bytes in, checked blocks out. Who reads the file shows it the bytes from
/// <see cref="Offset"/> on, as many as there are; it says how many it used or would need. Nothing
/// is handed on that its checksum does not cover, and the end is the end only after the end block.
/// </summary>
public sealed class TraceWalk
{
    private const int VersionAt = 8;
    private const int HeaderLengthAt = 12;
    private const int HeaderZerosAt = 16;
    private const int HeaderChecksumAt = 28;
    private const int PayloadLengthAt = 4;
    private const int FirstRecordAt = 8;
    private const int RecordsAt = 16;
    private const int BlockZerosAt = 20;

    private bool _headerRead;
    private bool _endRead;

    /// <summary>Bytes used until now: where in the file the next step begins.</summary>
    public long Offset { get; private set; }

    /// <summary>Records in the blocks until now.</summary>
    public long Records { get; private set; }

    /// <summary>
    /// After <see cref="TraceStep.NeedsMore"/>: bytes that must be shown at once, at most
    /// <see cref="TraceFormat.MaxPayloadBytes"/> and a block's head and tail.
    /// </summary>
    public int NeededBytes { get; private set; }

    /// <summary>After <see cref="TraceStep.Refused"/>: why.</summary>
    public TraceError Error { get; private set; }

    /// <summary>The next piece of the trace.</summary>
    /// <param name="bytes">The file from <see cref="Offset"/> on.</param>
    /// <param name="isAll">No more bytes follow these.</param>
    /// <param name="block">The block, after <see cref="TraceStep.Block"/>.</param>
    public TraceStep Next(ReadOnlySpan<byte> bytes, bool isAll, out TraceBlock block)
    {
        block = default;
        if (Error.IsError)
            return TraceStep.Refused;
        if (!_headerRead)
            return ReadHeader(bytes, isAll);
        if (_endRead)
            return ReadEndOfFile(bytes, isAll);
        return ReadBlock(bytes, isAll, out block);
    }

    private TraceStep ReadHeader(ReadOnlySpan<byte> bytes, bool isAll)
    {
        int magic = Math.Min(bytes.Length, TraceFormat.Magic.Length);
        if (!bytes[..magic].SequenceEqual(TraceFormat.Magic[..magic]))
            return Refuse(TraceFault.Foreign, 0, "not a trace of HandleCache");
        if (bytes.Length < TraceFormat.HeaderBytes)
            return TooFew(bytes.Length, TraceFormat.HeaderBytes, isAll, "header");
        uint version = Word(bytes, VersionAt);
        uint crc = Crc32C.Of(bytes[..HeaderChecksumAt]);
        if (Word(bytes, HeaderChecksumAt) != crc)
            return Refuse(TraceFault.Corrupt, 0, "the checksum of the header is wrong");
        if (version != TraceFormat.Version)
        {
            return Refuse(
                TraceFault.UnknownVersion, VersionAt,
                $"version {version}; this program reads {TraceFormat.Version}");
        }

        if (Word(bytes, HeaderLengthAt) != TraceFormat.HeaderBytes
            || bytes[HeaderZerosAt..HeaderChecksumAt].ContainsAnyExcept((byte)0))
        {
            return Refuse(TraceFault.Corrupt, HeaderLengthAt, "the header is not version 1's");
        }

        _headerRead = true;
        Offset = TraceFormat.HeaderBytes;
        return TraceStep.Header;
    }

    private TraceStep ReadBlock(ReadOnlySpan<byte> bytes, bool isAll, out TraceBlock block)
    {
        block = default;
        if (bytes.Length < TraceFormat.BlockHeadBytes)
            return TooFew(bytes.Length, TraceFormat.BlockHeadBytes, isAll, "head of a block");
        uint magic = Word(bytes, 0);
        if (magic is not (TraceFormat.BlockMagic or TraceFormat.EndMagic))
            return Refuse(TraceFault.Corrupt, 0, $"no block begins with 0x{magic:x8}");
        uint payload = Word(bytes, PayloadLengthAt);
        if (payload > TraceFormat.MaxPayloadBytes)
        {
            return Refuse(
                TraceFault.Corrupt, PayloadLengthAt,
                $"a block of {payload} bytes, over {TraceFormat.MaxPayloadBytes}");
        }

        int all = TraceFormat.BlockHeadBytes + (int)payload + TraceFormat.BlockTailBytes;
        if (bytes.Length < all)
            return TooFew(bytes.Length, all, isAll, "block");
        int crcAt = all - sizeof(uint);
        if (Word(bytes, crcAt) != Crc32C.Of(bytes[..crcAt]))
            return Refuse(TraceFault.Corrupt, 0, "the checksum of this block is wrong");
        if (Word(bytes, BlockZerosAt) != 0 || Word(bytes, crcAt - sizeof(uint)) != 0)
            return Refuse(TraceFault.Corrupt, BlockZerosAt, "bytes are set that version 1 clears");
        TraceStep step = Accept(bytes[..all], magic, (int)payload, out block);
        return _endRead ? ReadEndOfFile(bytes[all..], isAll) : step;
    }

    /// <summary>A block whose checksum holds: is it the one that comes next?</summary>
    private TraceStep Accept(
        ReadOnlySpan<byte> bytes, uint magic, int payload, out TraceBlock block)
    {
        block = default;
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(bytes[FirstRecordAt..]);
        uint records = Word(bytes, RecordsAt);
        if (first != (ulong)Records)
        {
            return Refuse(
                TraceFault.OutOfOrder, FirstRecordAt,
                $"a block from record {first} on where {Records} came before");
        }

        // Only an end block is empty.
        bool isEnd = magic == TraceFormat.EndMagic;
        if (isEnd != (payload == 0) || isEnd != (records == 0)
            || records > payload / TraceFormat.RecordHeadBytes)
        {
            return Refuse(
                TraceFault.Corrupt, RecordsAt, $"{records} records in {payload} bytes");
        }

        _endRead = isEnd;
        Records += records;
        if (!isEnd)
        {
            block = new TraceBlock(
                bytes[TraceFormat.BlockHeadBytes..], payload, (int)records,
                Offset + TraceFormat.BlockHeadBytes);
        }

        Offset += bytes.Length;
        return TraceStep.Block;
    }

    private TraceStep ReadEndOfFile(ReadOnlySpan<byte> bytes, bool isAll)
    {
        if (!bytes.IsEmpty)
            return Refuse(TraceFault.Trailing, 0, "bytes behind the end of the trace");
        if (isAll)
            return TraceStep.End;
        NeededBytes = 1;
        return TraceStep.NeedsMore;
    }

    private TraceStep TooFew(int have, int need, bool isAll, string what)
    {
        NeededBytes = need;
        return isAll
            ? Refuse(TraceFault.Truncated, have, have == 0
                ? "the file ends here, without the end of the trace"
                : $"the file ends here, within a {what} of {need} bytes")
            : TraceStep.NeedsMore;
    }

    private TraceStep Refuse(TraceFault fault, int at, string what)
    {
        Error = new TraceError(fault, Offset + at, what);
        return TraceStep.Refused;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}

/// <summary>What a <see cref="TraceWalk"/> came to.</summary>
public enum TraceStep
{
    /// <summary>Too few bytes: <see cref="TraceWalk.NeededBytes"/> are wanted at once.</summary>
    NeedsMore,

    /// <summary>The header was read and checked.</summary>
    Header,

    /// <summary>A block was read and checked.</summary>
    Block,

    /// <summary>The trace is whole.</summary>
    End,

    /// <summary>The trace is refused: <see cref="TraceWalk.Error"/>.</summary>
    Refused,
}
