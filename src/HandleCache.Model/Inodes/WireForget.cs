namespace HandleCache.Model.Inodes;

/// <summary>A FORGET seen on the wire, to be checked against the model.</summary>
/// <param name="Outcome">How it fits.</param>
/// <param name="Amount">
/// What is left after <see cref="WireForgetOutcome.Partial"/>; what was missing for
/// <see cref="WireForgetOutcome.Overdrawn"/> and <see cref="WireForgetOutcome.Unknown"/>; else 0.
/// </param>
/// <param name="Held">Lookups held under the nodeid before, all inodes together.</param>
public readonly record struct WireForget(WireForgetOutcome Outcome, ulong Amount, ulong Held);

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
