namespace HandleCache.Protocol.Dialects;

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
