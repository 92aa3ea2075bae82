namespace HandleCache.Model.Inodes;

/// <summary>Automount points: a reply with FUSE_ATTR_SUBMOUNT for a directory (R1).</summary>
public sealed partial class FuseInodeCache
{
    private readonly Dictionary<uint, SubmountLookup> _submounts = [];

    /// <summary>
    /// iget for a directory marked as submount: always a new inode, never hashed, whose nlookup
    /// stays 0; the reply's lookup is in its <see cref="SubmountLookup"/>.
    /// </summary>
    public IGetResult IGetSubmount(ulong nodeId, uint mode)
    {
        InodeIndex added = _table.Add(
            nodeId, 0, mode, default, InodeState.AutoMount | InodeState.Unhashed);
        _submounts[added.Value] = new(nodeId);
        _unhashed++;
        return new(added, IGetOutcome.New);
    }

    /// <summary>The lookup that an automount point shares with what is mounted on it.</summary>
    /// <exception cref="KeyNotFoundException">Not an automount point.</exception>
    public SubmountLookup SubmountOf(InodeIndex index) => _submounts[index.Value];

    /// <summary>
    /// The root of a submount, which shared this lookup, is evicted while mounted.
    /// </summary>
    public void EvictSubmountRoot(SubmountLookup lookup)
    {
        ArgumentNullException.ThrowIfNull(lookup);
        if (lookup.Drop())
            Forgets.Enqueue(lookup.NodeId, 1);
    }

    private void DropSubmount(InodeIndex index, bool silent)
    {
        if (_submounts.Remove(index.Value, out SubmountLookup? lookup) && !silent)
            EvictSubmountRoot(lookup);
    }
}

/// <summary>
/// The one lookup that an automount point and the roots of the superblocks mounted on it share;
/// the last of them to be evicted sends FORGET(nodeid, 1) (models struct fuse_submount_lookup).
/// </summary>
public sealed class SubmountLookup
{
    internal SubmountLookup(ulong nodeId) => NodeId = nodeId;

    public ulong NodeId { get; }

    /// <summary>Who shares it.</summary>
    public int Count { get; private set; } = 1;

    internal SubmountLookup Copy() => new(NodeId) { Count = Count };

    /// <summary>A submount's root takes part (models fuse_fill_super_submount()).</summary>
    public void Share() => Count++;

    /// <summary>One sharer is evicted; true where it was the last.</summary>
    /// <exception cref="InvalidOperationException">Nobody shares it any more.</exception>
    public bool Drop()
    {
        if (Count == 0)
            throw new InvalidOperationException("the submount's lookup was dropped already");
        return --Count == 0;
    }
}
