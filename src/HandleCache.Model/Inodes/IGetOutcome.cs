namespace HandleCache.Model.Inodes;

/// <summary>What an iget came to (R1).</summary>
public enum IGetOutcome
{
    /// <summary>The cached inode, good or bad, one lookup richer.</summary>
    Hit,

    /// <summary>A new inode.</summary>
    New,

    /// <summary>
    /// The cached inode was stale: it is bad and unhashed now, and a new one has its nodeid.
    /// </summary>
    Replaced,

    /// <summary>The cached inode was stale, but it is the root: bad now, and kept.</summary>
    RootKept,

    /// <summary>
    /// The handle is longer than the strategy takes: no inode, nothing changed. The caller answers
    /// with FORGET(nodeid, 1) and EIO.
    /// </summary>
    HandleRefused,
}
