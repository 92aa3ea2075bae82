using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>An entry as a dialect brought it; the handle points into the message.</summary>
public readonly ref struct WireEntry
{
    public WireEntry(
        scoped in fuse_entry_out entry,
        uint handleType,
        ReadOnlySpan<byte> handle,
        bool hasHandle,
        int bytes)
    {
        Entry = entry;
        HandleType = handleType;
        Handle = handle;
        HasHandle = hasHandle;
        Bytes = bytes;
    }

    public fuse_entry_out Entry { get; }

    /// <summary>All 32 bits of the handle's type.</summary>
    public uint HandleType { get; }

    public ReadOnlySpan<byte> Handle { get; }

    /// <summary>False for a short entry and for one whose handle has length 0.</summary>
    public bool HasHandle { get; }

    /// <summary>Bytes the entry takes in the message.</summary>
    public int Bytes { get; }
}

/// <summary>A handle as a message brought it; its bytes point into the message.</summary>
public readonly ref struct WireHandle
{
    public WireHandle(uint type, ReadOnlySpan<byte> bytes)
    {
        Type = type;
        Bytes = bytes;
    }

    /// <summary>All 32 bits of the type.</summary>
    public uint Type { get; }

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The message brought none, or one of length 0.</summary>
    public bool IsNone => Bytes.IsEmpty;
}

/// <summary>What an exported handle says of one inode.</summary>
public readonly ref struct ExportedNode
{
    public ExportedNode(ulong nodeId, uint generation, WireHandle handle)
    {
        NodeId = nodeId;
        Generation = generation;
        Handle = handle;
    }

    public ulong NodeId { get; }

    public uint Generation { get; }

    public WireHandle Handle { get; }
}
