namespace HandleCache.Benchmarks.Inodes;

/// <summary>The same as a struct, with up to 8 bytes of handle in it.</summary>
internal struct ValueInode(ulong nodeId)
{
    private readonly uint _generation = Population.Generation;
    private readonly uint _mode = Population.Regular;
    private readonly uint _type = Population.HandleType;
    private readonly ulong _handle = Population.HandleWord(nodeId);

    public ulong NLookup { get; set; } = 1;

    public readonly bool IsSame(uint generation, uint mode, uint type, ulong handle) =>
        _generation == generation && _mode == mode && _type == type && _handle == handle;
}
