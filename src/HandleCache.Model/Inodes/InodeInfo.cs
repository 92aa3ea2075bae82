using HandleCache.Protocol.Handles;

namespace HandleCache.Model.Inodes;

/// <summary>
/// What a record held when it was asked; the handle's bytes are good until the table changes.
/// </summary>
public readonly ref struct InodeInfo
{
    public ulong NodeId { get; init; }

    public uint Generation { get; init; }

    /// <summary>S_IFMT bits of the mode.</summary>
    public uint FileType { get; init; }

    public InodeState Flags { get; init; }

    public ulong NLookup { get; init; }

    public FileHandle Handle { get; init; }

    /// <summary>The handle lies in an external buffer.</summary>
    public bool IsSpilled { get; init; }
}
