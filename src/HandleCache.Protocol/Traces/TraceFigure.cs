namespace HandleCache.Protocol.Traces;

/// <summary>Figures at the end of a mount, which a replay must reach.</summary>
public enum TraceFigure : byte
{
    /// <summary>Inodes in the cache, the root included.</summary>
    Inodes = 1,

    /// <summary>The most there were at once.</summary>
    InodesPeak = 2,

    /// <summary>Sum of nlookup over all inodes, the root's own one included.</summary>
    Lookups = 3,

    /// <summary>Digest of nodeid, generation, type, state and nlookup of all inodes.</summary>
    StateDigest = 4,

    /// <summary>Digest of nodeid and handle of all inodes.</summary>
    HandleDigest = 5,
}
