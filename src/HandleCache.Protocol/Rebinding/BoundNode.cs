using System.Runtime.InteropServices;
using HandleCache.Protocol.Handles;

namespace HandleCache.Protocol.Rebinding;

/// <summary>
/// An extension record of a request: "this nodeid stands for this handle". A server that has
/// never seen the nodeid binds it again by the handle. The handle points into the message.
/// </summary>
public readonly ref struct BoundNode
{
    public BoundNode(ulong nodeId, FileHandle handle)
    {
        NodeId = nodeId;
        Handle = handle;
    }

    public ulong NodeId { get; }

    public FileHandle Handle { get; }
}

/// <summary>
/// An extension record of a request: "this fh was opened on this nodeid with these flags". A
/// server that has never seen the fh opens the file again (body of the record, 24 bytes).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct BoundFile(ulong Fh, ulong NodeId, uint Flags, uint IsDirectory);
