namespace HandleCache.Model.Inodes;

/// <summary>The inode an iget came to, and how.</summary>
/// <param name="Index">The inode that has the lookup; none if the handle was refused.</param>
/// <param name="Outcome">How.</param>
/// <param name="Old">The inode that was replaced, if one was.</param>
/// <param name="OldWasBad">It, or the root that was kept, had been bad before.</param>
public readonly record struct IGetResult(
    InodeIndex Index, IGetOutcome Outcome, InodeIndex Old = default, bool OldWasBad = false);

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

    /// <summary>
    /// Searched by handle, the inode was found under another nodeid: it has the entry's now, with
    /// one lookup, and a FORGET of those under the old one is queued.
    /// </summary>
    Rebound,

    /// <summary>The cached inode was stale, but it is the root: bad now, and kept.</summary>
    RootKept,

    /// <summary>
    /// The handle is longer than the strategy takes: no inode, nothing changed. The caller answers
    /// with FORGET(nodeid, 1) and EIO.
    /// </summary>
    HandleRefused,
}
