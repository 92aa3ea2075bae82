namespace HandleCache.Protocol.Dialects;

/// <summary>A handle as a message brought it; its bytes point into the message.</summary>
public readonly ref struct WireHandle
{
    public WireHandle(uint type, ReadOnlySpan<byte> bytes)
    {
        Type = type;
        Bytes = bytes;
    }

    /// <summary>All 32 bits of the type.</summary>
    public uint Type { get; }

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The message brought none, or one of length 0.</summary>
    public bool IsNone => Bytes.IsEmpty;
}
