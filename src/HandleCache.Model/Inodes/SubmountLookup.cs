namespace HandleCache.Model.Inodes;

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
