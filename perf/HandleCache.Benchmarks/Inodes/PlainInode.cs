namespace HandleCache.Benchmarks.Inodes;

/// <summary>An inode as one writes it down first: an object with its handle in an array.</summary>
internal sealed class PlainInode(ulong nodeId)
{
    private readonly uint _generation = Population.Generation;
    private readonly uint _mode = Population.Regular;
    private readonly uint _type = Population.HandleType;
    private readonly byte[] _handle = Population.NewHandle(nodeId, Population.HandleBytes);

    public ulong NodeId { get; } = nodeId;

    public ulong NLookup { get; set; } = 1;

    public bool IsSame(uint generation, uint mode, uint type, ReadOnlySpan<byte> handle) =>
        _generation == generation && _mode == mode && _type == type
        && handle.SequenceEqual(_handle);
}
