namespace HandleCache.Protocol.Traces;

/// <summary>Why and where a trace is refused; the default is no error.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="Offset">Where in the file, in bytes.</param>
/// <param name="What">What was read there, in words.</param>
public readonly record struct TraceError(TraceFault Fault, long Offset, string What)
{
    public static TraceError None { get; }

    public bool IsError => Fault != TraceFault.None;

    public override string ToString() => IsError ? $"byte {Offset}: {What}" : "no error";
}
