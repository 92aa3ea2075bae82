using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// One entry of a reply, as a task keeps it between steps; the entry of the wire points into the
/// reply.
/// </summary>
/// <param name="Entry">Its fixed part, in today's form.</param>
/// <param name="Handle">Of the object.</param>
/// <param name="Trailing">What follows it in the reply: fuse_open_out of CREATE.</param>
internal sealed record EntryIn(fuse_entry_out Entry, StoredHandle Handle, byte[] Trailing)
{
    /// <summary>No entry: what a record of READDIR has.</summary>
    public static EntryIn None { get; } = new(default, default, []);

    public ulong NodeId => Entry.nodeid;

    /// <summary>
    /// invalid_nodeid(): no entry, or the root, where only another object can be.
    /// </summary>
    public bool HasInvalidNodeId => NodeId is 0 or FuseConstants.FUSE_ROOT_ID;

    /// <summary>fuse_invalid_attr().</summary>
    public bool HasInvalidAttributes => InodeAttributes.IsInvalid(Entry.attr);

    /// <summary>
    /// Requests that the operation still needs, because the dialect or the server has its parts
    /// apart: STATX, and OPEN behind a creation.
    /// </summary>
    public int PartsLeft { get; init; }

    /// <summary>Only the type in attr.mode is known (READDIRPLUS without attributes).</summary>
    public bool LacksAttributes { get; init; }
}
