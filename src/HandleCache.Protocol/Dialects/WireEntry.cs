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
