namespace HandleCache.Protocol.Traces;

/// <summary>A block that was checked; it points into the bytes it was read from.</summary>
public readonly ref struct TraceBlock
{
    private readonly ReadOnlySpan<byte> _payloadAndTail;
    private readonly int _payloadBytes;

    internal TraceBlock(
        ReadOnlySpan<byte> payloadAndTail, int payloadBytes, int records, long payloadOffset)
    {
        _payloadAndTail = payloadAndTail;
        _payloadBytes = payloadBytes;
        Records = records;
        PayloadOffset = payloadOffset;
    }

    /// <summary>Records of the block, as its head says.</summary>
    public int Records { get; }

    /// <summary>Where the payload begins in the file, in bytes.</summary>
    public long PayloadOffset { get; }

    /// <summary>The payload, for the handles of its records.</summary>
    public ReadOnlySpan<byte> Payload => _payloadAndTail[.._payloadBytes];

    /// <summary>A cursor at the first record.</summary>
    public TraceRecordReader Reader => new(_payloadAndTail, _payloadBytes, PayloadOffset);
}
