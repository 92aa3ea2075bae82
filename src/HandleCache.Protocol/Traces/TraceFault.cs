namespace HandleCache.Protocol.Traces;

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
