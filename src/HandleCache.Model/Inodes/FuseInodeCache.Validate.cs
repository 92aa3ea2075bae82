namespace HandleCache.Model.Inodes;

/// <summary>Walks table, forget queue and the rules between inodes.</summary>
public sealed partial class FuseInodeCache
{
    /// <summary>What is broken, if anything.</summary>
    public IReadOnlyList<ValidationError> Validate()
    {
        var errors = new ValidationErrors();
        foreach (ValidationError error in _table.Validate().Concat(Forgets.Validate()))
            errors.Add(error.Counter, error.Counted, error.Recorded);
        int unhashed = 0;
        int submounts = 0;
        int roots = 0;
        for (InodeIndex at = Next(InodeIndex.None); !at.IsNone; at = Next(at))
        {
            InodeInfo inode = _table.Get(at);
            unhashed += (inode.Flags & InodeState.Unhashed) != 0 ? 1 : 0;
            submounts += (inode.Flags & InodeState.AutoMount) != 0 ? 1 : 0;
            roots += (inode.Flags & InodeState.Root) != 0 ? 1 : 0;
            ValidateInode(at, inode, errors);
        }

        errors.Equal("inodes-unhashed", unhashed, _unhashed);
        errors.Equal("inodes-automount", submounts, _submounts.Count);
        errors.Equal("inodes-root", roots, Root.IsNone ? 0 : 1);
        return errors.All;
    }

    /// <summary>For tests of the validator: makes a counter lie.</summary>
    internal void CorruptUnhashed() => _unhashed++;

    /// <summary>For tests of the validator: the storage under the cache.</summary>
    internal InodeTable TableForTest => _table;

    private void ValidateInode(InodeIndex index, InodeInfo inode, ValidationErrors errors)
    {
        bool unhashed = (inode.Flags & InodeState.Unhashed) != 0;
        bool automount = (inode.Flags & InodeState.AutoMount) != 0;
        bool bad = (inode.Flags & InodeState.Bad) != 0;
        if (!unhashed && Find(inode.NodeId) != index)
            errors.Add("nodeid-hashed-twice", Find(inode.NodeId).Value, index.Value);
        if (unhashed && !bad && !automount)
            errors.Add("unhashed-but-good", index.Value, 0);
        if (automount && inode.NLookup != 0)
            errors.Add("automount-nlookup", (long)inode.NLookup, 0);
        if ((inode.Flags & InodeState.Root) != 0 && index != Root)
            errors.Add("root-index", index.Value, Root.Value);
    }
}
