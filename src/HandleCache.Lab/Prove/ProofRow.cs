namespace HandleCache.Lab.Prove;

/// <summary>A figure of a strategy on a kernel: the model's and the kernel's.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Predicted">The model's.</param>
/// <param name="Measured">The kernel's.</param>
/// <param name="Holds">Whether the two agree, within what the row allows.</param>
public sealed record ProofRow(string Name, string Predicted, string Measured, bool Holds)
{
    internal static ProofRow Equal(string name, long predicted, long measured) => new(
        name, FormattableString.Invariant($"{predicted}"),
        FormattableString.Invariant($"{measured}"), predicted == measured);

    /// <summary>A count that lies in a range: per-CPU slabs may be there or not.</summary>
    internal static ProofRow Between(string name, long least, long most, long measured) => new(
        name,
        least == most
            ? FormattableString.Invariant($"{least}")
            : FormattableString.Invariant($"{least} to {most}"),
        FormattableString.Invariant($"{measured}"), measured >= least && measured <= most);
}
