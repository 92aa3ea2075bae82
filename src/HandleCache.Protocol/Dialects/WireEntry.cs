using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;

namespace HandleCache.Protocol.Dialects;

/// <summary>An entry as a dialect brought it; the handle points into the message.</summary>
public readonly ref struct WireEntry
{
    public WireEntry(scoped in fuse_entry_out entry, FileHandle handle, int bytes)
    {
        Entry = entry;
        Handle = handle;
        Bytes = bytes;
    }

    public fuse_entry_out Entry { get; }

    /// <summary>None of a short entry and of one whose handle has length 0.</summary>
    public FileHandle Handle { get; }

    /// <summary>Bytes the entry takes in the message.</summary>
    public int Bytes { get; }
}

/// <summary>What an exported handle says of one inode.</summary>
public readonly ref struct ExportedNode
{
    public ExportedNode(ulong nodeId, uint generation, FileHandle handle)
    {
        NodeId = nodeId;
        Generation = generation;
        Handle = handle;
    }

    public ulong NodeId { get; }

    public uint Generation { get; }

    public FileHandle Handle { get; }
}
