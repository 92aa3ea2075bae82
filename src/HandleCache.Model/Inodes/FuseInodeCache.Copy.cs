namespace HandleCache.Model.Inodes;

/// <summary>Checkpoints.</summary>
public sealed partial class FuseInodeCache
{
    private FuseInodeCache(FuseInodeCache original)
    {
        Options = original.Options with { Forgets = null };
        Forgets = original.Forgets.Copy();
        Root = original.Root;
        Active = original.Active;
        EvictCtr = original.EvictCtr;
        _table = original._table.Copy();
        _rule = original._rule;
        _longestHandle = original._longestHandle;
        _faulty = original._faulty;
        _generationMask = original._generationMask;
        _typeMask = original._typeMask;
        _slot = original._slot;
        _handleTypeMask = original._handleTypeMask;
        _stateMask = original._stateMask;
        _image = original._image;
        _faultPlan = original._faultPlan.Copy();
        _unhashed = original._unhashed;
        foreach ((uint index, SubmountLookup lookup) in original._submounts)
            _submounts.Add(index, lookup.Copy());
    }

    /// <summary>
    /// The same inodes under the same indexes, with the same forgets queued in a queue of its own;
    /// what is done to one cache leaves the other alone. A lookup of a submount is copied with the
    /// number of its sharers.
    /// </summary>
    public FuseInodeCache Copy() => new(this);
}
