using HandleCache.Protocol.Handles;

namespace HandleCache.Model.Inodes;

/// <summary>
/// Names one record of an <see cref="InodeTable"/>, 1 to 2^28 - 1; stable for the record's life,
/// given again to another after it. The default value names none.
/// </summary>
public readonly record struct InodeIndex(uint Value)
{
    public static InodeIndex None => default;

    public bool IsNone => Value == 0;
}

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
