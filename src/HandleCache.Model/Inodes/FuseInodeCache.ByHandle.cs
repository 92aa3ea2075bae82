using HandleCache.Protocol.Handles;

namespace HandleCache.Model.Inodes;

/// <summary>
/// Inodes searched by handle (<see cref="Protocol.Dialects.HandleIdentity"/>), as the review of
/// v2 asked of fuse_iget() (PROPOSALS.md, section 4).
/// </summary>
public sealed partial class FuseInodeCache
{
    /// <summary>
    /// The inode that holds the entry's handle under another nodeid takes the entry's nodeid. The
    /// lookups it had belong to the old one and are forgotten there; an inode that had the new one
    /// is stale. False where the search by nodeid decides.
    /// </summary>
    private bool TryRebind(
        InodeIndex byNodeId, ulong nodeId, ulong generation, uint mode,
        scoped in FileHandle handle, out InodeIndex rebound)
    {
        rebound = InodeIndex.None;
        if (!_rule.Identity.FoundByHandle || handle.IsNone
            || (!byNodeId.IsNone && byNodeId == Root))
        {
            return false;
        }

        InodeIndex found = _table.FindByHandle(handle);
        if (found.IsNone || found == byNodeId)
            return false;
        InodeRecord at = _table.At(found);
        if (at.Has(InodeState.Bad) || !IsSame(at, generation, mode))
        {
            Unhash(found);
            return false;
        }

        if (!byNodeId.IsNone)
            Unhash(byNodeId);
        ulong nlookup = _table.NLookup(found);
        if (nlookup > 0)
            Forgets.Enqueue(at.NodeId, nlookup);
        _table.SetNodeId(found, nodeId);
        _table.SetLookups(found, 1);
        rebound = found;
        return true;
    }

    /// <summary>fuse_make_bad() and remove_inode_hash().</summary>
    private void Unhash(InodeIndex index)
    {
        _table.SetFlags(index, InodeState.Bad | InodeState.Unhashed);
        _unhashed++;
    }
}
