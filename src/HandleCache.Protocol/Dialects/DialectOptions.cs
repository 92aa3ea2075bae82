using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>What can be chosen about a dialect; by default it is as it was posted, sound.</summary>
public sealed record DialectOptions
{
    public static DialectOptions Default { get; } = new();

    /// <summary>Another name than the posted one, for a design that uses its framing.</summary>
    public string? Name { get; init; }

    /// <summary>Other numbers than the posted ones.</summary>
    public DialectNumbers? Numbers { get; init; }

    /// <summary>Another rule of identity than the sound one.</summary>
    public HandleIdentity? Identity { get; init; }

    /// <summary>Another answer than the posted one to whether an entry needs a handle.</summary>
    public bool? RequiresHandle { get; init; }

    /// <summary>Another way to keep the handle than the posted one.</summary>
    public PostedStorage? Storage { get; init; }

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

/// <summary>
/// The numbers that a proposal takes and that others want, too (PROPOSALS.md,
/// section 3, item 9; <see cref="NumberClaim"/>). Fields, so that a collision can be tried out.
/// </summary>
public sealed record DialectNumbers
{
    /// <summary>The INIT bit; none where INIT says nothing.</summary>
    public FuseInitFlags InitFlag { get; init; }

    /// <summary>Opcode of the LOOKUP that brings the parent's handle.</summary>
    public FuseOpcode Lookup { get; init; } = FuseOpcode.FUSE_LOOKUP;

    /// <summary>
    /// Opcode of the creation that brings the parent's handle; 0 where there is none.
    /// </summary>
    public FuseOpcode MakeObject { get; init; }

    /// <summary>Opcode of a compound; 0 where there is none.</summary>
    public FuseOpcode Compound { get; init; }

    /// <summary>Type of the extension record that brings a handle (FUSE_EXT_HANDLE).</summary>
    public uint Extension { get; init; } = FuseConstants.FUSE_EXT_HANDLE;
}

/// <summary>How kernel and server come to agree that handles travel.</summary>
public enum HandleOptIn
{
    /// <summary>Never: there are none.</summary>
    None,

    /// <summary>A bit in INIT, and the server's maximum in fuse_init_out.</summary>
    InitBitAndMaximum,

    /// <summary>A bit in INIT; the maximum is the protocol's.</summary>
    InitBit,

    /// <summary>By the type of the file system that is mounted; INIT says nothing.</summary>
    FileSystemType,
}
