using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>What can be chosen about a dialect; by default it is as it was posted, sound.</summary>
public sealed record DialectOptions
{
    public static DialectOptions Default { get; } = new();

    /// <summary>Other numbers than the posted ones.</summary>
    public DialectNumbers? Numbers { get; init; }

    /// <summary>Defects of the posted code to put in; each must belong to the dialect.</summary>
    public IReadOnlyList<DialectDefect> Defects { get; init; } = [];

    /// <summary>
    /// Whether every request about an inode brings that inode's handle in an extension record, as
    /// the review of v2 asked ("any operation can take a handle instead of a nodeid"). In fusex
    /// it is always so.
    /// </summary>
    public bool HandleInEveryRequest { get; init; }

    /// <summary>
    /// Today's operations whose parts are sent one at a time, because the server has declined
    /// their compound.
    /// </summary>
    public IReadOnlyList<FuseOpcode> Apart { get; init; } = [];

    /// <summary>Framing of compounds, where the dialect has them.</summary>
    public CompoundFraming Compound { get; init; } = CompoundFraming.V5;
}
