namespace HandleCache.Model.Inodes;

/// <summary>Checkpoints.</summary>
public sealed partial class InodeTable
{
    private InodeTable(InodeTable original)
    {
        Strategy = original.Strategy;
        _slot = original._slot;
        _records = original._records.Copy();
        _spill = original._spill.Copy();
        _byNodeId = new(original._byNodeId, new NodeIdKeys(_records));
        if (original._byHandle is { } byHandle)
            _byHandle = new(byHandle, new HandleKeys(_records, _slot, _spill));
        foreach ((uint record, ulong lookups) in original._wideLookups)
            _wideLookups.Add(record, lookups);
    }

    /// <summary>
    /// The same records under the same indexes; what is done to one table leaves the other alone.
    /// </summary>
    public InodeTable Copy() => new(this);
}
