namespace HandleCache.Server.Keeping;

/// <summary>What a keeper has seen of its servers' lives.</summary>
public sealed record KeeperCounts
{
    /// <summary>Servers started, the first included.</summary>
    public int Lives { get; set; }

    /// <summary>Nodeids and open files that a later life bound again.</summary>
    public long Rebound { get; set; }

    /// <summary>Requests that came again after a restart.</summary>
    public long Resent { get; set; }

    /// <summary>Requests applied before a crash and recognised as such.</summary>
    public long Settled { get; set; }

    /// <summary>
    /// Requests of which nobody can tell whether they were applied; answered EIO.
    /// </summary>
    public long Unknown { get; set; }

    /// <summary>Requests answered ESTALE: their object is no more.</summary>
    public long Stale { get; set; }

    /// <summary>Entries that gave a nodeid another handle or type than before. Must be 0.</summary>
    public long WrongObject { get; set; }

    /// <summary>FORGETs that took back more than was held. Must be 0.</summary>
    public long Overdrawn { get; set; }

    /// <summary>Inodes the keeper holds now, the root included.</summary>
    public int Inodes { get; set; }

    /// <summary>Memory of the inode cache, bytes.</summary>
    public long InodeBytes { get; set; }

    /// <summary>Open files the keeper holds now.</summary>
    public int OpenFiles { get; set; }

    /// <summary>
    /// From a server's death to the first reply of the next, milliseconds, longest.
    /// </summary>
    public double LongestGapMs { get; set; }
}
