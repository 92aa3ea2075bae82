using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

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
