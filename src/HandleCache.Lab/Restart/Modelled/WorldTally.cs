namespace HandleCache.Lab.Restart.Modelled;

/// <summary>What one world counted.</summary>
internal sealed class WorldTally
{
    /// <summary>Requests sent since the mount, forgets not counted.</summary>
    public long Requests { get; set; }

    public long Forgets { get; set; }

    /// <summary>Inodes that the kernel made for entries.</summary>
    public long InodesMade { get; set; }

    /// <summary>Requests carried out on another object than their inode was made for.</summary>
    public long WrongObject { get; set; }

    /// <summary>The first of these, in words.</summary>
    public string? FirstWrong { get; set; }

    /// <summary>Replies the kernel refused: the handle due is missing or too long.</summary>
    public long Refused { get; set; }

    /// <summary>
    /// Attributes answered from the cache that the server had not allowed and that were no more.
    /// </summary>
    public long StaleAttributes { get; set; }

    /// <summary>Lookups of a nodeid that a failed iget left locked.</summary>
    public long Hung { get; set; }

    /// <summary>Replies that nobody waited for, or that came twice.</summary>
    public long AnsweredTwice { get; set; }

    /// <summary>The same counts, to be counted on from.</summary>
    public WorldTally Copy() => (WorldTally)MemberwiseClone();
}
