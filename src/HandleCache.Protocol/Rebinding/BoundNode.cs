using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Rebinding;

/// <summary>
/// An extension record of a request: "this nodeid stands for this handle". A server that has
/// never seen the nodeid binds it again by the handle. The handle points into the message.
/// </summary>
public readonly ref struct BoundNode
{
    public BoundNode(ulong nodeId, uint handleType, ReadOnlySpan<byte> handle)
    {
        NodeId = nodeId;
        HandleType = handleType;
        Handle = handle;
    }

    public ulong NodeId { get; }

    /// <summary>All 32 bits of the handle's type.</summary>
    public uint HandleType { get; }

    public ReadOnlySpan<byte> Handle { get; }
}

/// <summary>
/// An extension record of a request: "this fh was opened on this nodeid with these flags". A
/// server that has never seen the fh opens the file again (body of the record, 24 bytes).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct BoundFile(ulong Fh, ulong NodeId, uint Flags, uint IsDirectory);
