namespace HandleCache.Model.Inodes;

/// <summary>What the cache holds, to compare two that saw the same traffic.</summary>
public sealed partial class FuseInodeCache
{
    private const InodeState Shown =
        InodeState.Bad | InodeState.Unhashed | InodeState.Root | InodeState.AutoMount;

    /// <summary>Walks all inodes. Same in every process, and with every storage strategy.</summary>
    public CacheDigest Digest()
    {
        ulong lookups = 0;
        ulong states = 0;
        ulong handles = 0;
        int inodes = 0;
        for (InodeIndex at = Next(InodeIndex.None); !at.IsNone; at = Next(at))
        {
            InodeInfo inode = _table.Get(at);
            ulong key = NodeIdKeys.Hash(inode.NodeId);
            ulong typeAndState = inode.FileType | (uint)(inode.Flags & Shown);
            inodes++;
            lookups += inode.NLookup;
            states += NodeIdKeys.Hash(NodeIdKeys.Hash(
                key + inode.Generation + (typeAndState << 32)) + inode.NLookup);
            handles += NodeIdKeys.Hash(key ^ inode.Handle.Hash64());
        }

        return new CacheDigest(inodes, lookups, states, handles);
    }
}

/// <summary>
/// What a cache holds, as a few numbers: equal caches have equal digests, in any order of storage.
/// </summary>
/// <param name="Inodes">Inodes, the root included.</param>
/// <param name="Lookups">Sum of nlookup over all of them, the root's own one included.</param>
/// <param name="State">Nodeid, generation, type, state and nlookup of each.</param>
/// <param name="Handles">Nodeid and handle of each.</param>
public readonly record struct CacheDigest(int Inodes, ulong Lookups, ulong State, ulong Handles);
