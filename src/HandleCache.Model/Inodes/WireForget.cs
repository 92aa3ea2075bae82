namespace HandleCache.Model.Inodes;

/// <summary>A FORGET seen on the wire, to be checked against the model.</summary>
/// <param name="Outcome">How it fits.</param>
/// <param name="Amount">
/// What is left after <see cref="WireForgetOutcome.Partial"/>; what was missing for
/// <see cref="WireForgetOutcome.Overdrawn"/> and <see cref="WireForgetOutcome.Unknown"/>; else 0.
/// </param>
/// <param name="Held">Lookups held under the nodeid before, all inodes together.</param>
public readonly record struct WireForget(WireForgetOutcome Outcome, ulong Amount, ulong Held);
