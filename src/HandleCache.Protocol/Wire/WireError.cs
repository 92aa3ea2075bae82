namespace HandleCache.Protocol.Wire;

/// <summary>What is wrong with a message.</summary>
public enum WireFault
{
    None,

    /// <summary>Fewer bytes than a field needs.</summary>
    Truncated,

    /// <summary>Bytes are left that nothing explains.</summary>
    Overlong,

    /// <summary>A length or count inside the message contradicts the bytes received.</summary>
    LengthLies,

    /// <summary>A name without its NUL, empty, or with a '/' in it.</summary>
    BadName,

    /// <summary>An opcode or code that the protocol does not know.</summary>
    UnknownCode,

    /// <summary>A value outside of what the protocol allows.</summary>
    BadValue,
}

/// <summary>
/// Why a message is refused: a value, never an exception. Position counts bytes from the start
/// of the message (or of the span that was parsed); wanted and available are bytes.
/// </summary>
public readonly record struct WireError(WireFault Fault, int Position, long Wanted, long Available)
{
    /// <summary>No error.</summary>
    public static WireError None => default;

    /// <summary>Whether there is an error at all.</summary>
    public bool IsError => Fault != WireFault.None;

    public override string ToString() =>
        $"{Fault} at byte {Position}: wanted {Wanted}, available {Available}";
}
