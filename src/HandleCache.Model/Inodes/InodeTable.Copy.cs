namespace HandleCache.Model.Inodes;

/// <summary>Checkpoints.</summary>
public sealed partial class InodeTable
{
    private InodeTable(InodeTable original)
    {
        Strategy = original.Strategy;
        _slot = original._slot;
        _pool = original._pool;
        _records = original._records.Copy(_pool);
        _spill = original._spill.Copy(_pool);
        _byNodeId = new(original._byNodeId, new NodeIdKeys(_records), _pool);
        if (original._byHandle is { } byHandle)
            _byHandle = new(byHandle, new HandleKeys(_records, _slot, _spill), _pool);
        foreach ((uint record, ulong lookups) in original._wideLookups)
            _wideLookups.Add(record, lookups);
    }

    /// <summary>
    /// The same records under the same indexes; what is done to one table leaves the other alone.
    /// </summary>
    public InodeTable Copy() => new(this);
}
