namespace HandleCache.Protocol.Traces;

/// <summary>Takes the bytes of a trace in their order.</summary>
public interface ITraceSink
{
    /// <summary>
    /// The header, or one whole block; the bytes are good only during the call.
    /// </summary>
    void Write(ReadOnlySpan<byte> bytes);
}
