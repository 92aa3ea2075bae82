namespace HandleCache.Model.Inodes;

/// <summary>How a FORGET seen on the wire fits what the model holds.</summary>
public enum WireForgetOutcome
{
    /// <summary>All that the nodeid's hashed inode held; it is evicted.</summary>
    Exact,

    /// <summary>All that a replaced inode of the nodeid held; it is evicted.</summary>
    OldGeneration,

    /// <summary>Less than is held: the rest stays.</summary>
    Partial,

    /// <summary>More than is held; everything under the nodeid is evicted.</summary>
    Overdrawn,

    /// <summary>Nothing of this nodeid is held.</summary>
    Unknown,
}
