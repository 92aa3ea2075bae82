namespace HandleCache.Model.Inodes;

/// <summary>The inode an iget came to, and how.</summary>
/// <param name="Index">The inode that has the lookup; none if the handle was refused.</param>
/// <param name="Outcome">How.</param>
/// <param name="Old">The inode that was replaced, if one was.</param>
/// <param name="OldWasBad">It, or the root that was kept, had been bad before.</param>
public readonly record struct IGetResult(
    InodeIndex Index, IGetOutcome Outcome, InodeIndex Old = default, bool OldWasBad = false);
