using HandleCache.Protocol.Abi;

namespace HandleCache.Lab.Compare;

/// <summary>One operation that returns an entry.</summary>
/// <param name="Opcode">Today's opcode.</param>
/// <param name="BringsHandle">Its reply returns the new inode's handle (T7).</param>
/// <param name="BringsParent">Its request has the parent's handle (T8).</param>
/// <param name="ReplyBytes">The whole reply; of READDIRPLUS one record. Mean over the mix.</param>
/// <param name="ReservedBytes">Room for the longest reply, or record (T6).</param>
/// <param name="RequestExtraBytes">What the parent's handle adds to the request.</param>
public sealed record OperationRow(
    FuseOpcode Opcode, bool BringsHandle, bool BringsParent, double ReplyBytes,
    int ReservedBytes, double RequestExtraBytes);
