namespace HandleCache.Protocol.Traces;

/// <summary>
/// Numbers of the trace format, version 1; FORMAT.md beside this file is the whole of it. All
/// integers are little-endian.
/// </summary>
public static class TraceFormat
{
    public const uint Version = 1;

    /// <summary>Magic, version, length of the header, zeros, checksum.</summary>
    public const int HeaderBytes = 32;

    /// <summary>Magic, payload length, first record, records, zeros.</summary>
    public const int BlockHeadBytes = 24;

    /// <summary>Zeros and checksum: 8 bytes may be loaded from anywhere in the payload.</summary>
    public const int BlockTailBytes = 8;

    /// <summary>Longest payload that a reader takes.</summary>
    public const int MaxPayloadBytes = 1 << 20;

    /// <summary>Kind, two lengths, a nibble, opcode and handle length.</summary>
    public const int RecordHeadBytes = 4;

    /// <summary>Longest handle (MAX_HANDLE_SZ) and longest name of a mount.</summary>
    public const int MaxHandleBytes = 128;

    /// <summary>Head, nodeid, value, handle type and the longest handle.</summary>
    public const int MaxRecordBytes = RecordHeadBytes + 8 + 8 + 4 + MaxHandleBytes;

    /// <summary>"HCTB".</summary>
    internal const uint BlockMagic = 0x42544348;

    /// <summary>"HCTE": the last block, without payload.</summary>
    internal const uint EndMagic = 0x45544348;

    /// <summary>
    /// Not ASCII, both kinds of line end, and Ctrl-Z: a file damaged as text does not pass.
    /// </summary>
    internal static ReadOnlySpan<byte> Magic =>
        [0x89, (byte)'H', (byte)'C', (byte)'T', 13, 10, 26, 10];

    /// <summary>Whether a file that begins so claims to be a trace of this format.</summary>
    public static bool IsTrace(ReadOnlySpan<byte> start) => start.StartsWith(Magic);
}
