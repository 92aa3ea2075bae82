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

/// <summary>Why a trace is refused.</summary>
public enum TraceFault
{
    None,

    /// <summary>The file does not begin as a trace does.</summary>
    Foreign,

    /// <summary>A version that this program does not know.</summary>
    UnknownVersion,

    /// <summary>The file ends before the end block.</summary>
    Truncated,

    /// <summary>A checksum does not match, or zeros are not zero.</summary>
    Corrupt,

    /// <summary>A block is missing, doubled or out of its order.</summary>
    OutOfOrder,

    /// <summary>Bytes behind the end block.</summary>
    Trailing,

    /// <summary>A record that no writer of this version makes.</summary>
    Malformed,
}
