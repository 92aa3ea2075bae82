namespace HandleCache.Lab.Compare;

/// <summary>A defect of a proposal, run in the model with and without it.</summary>
/// <param name="Item">Item of PROPOSALS.md, section 3; 0: section 2.</param>
/// <param name="Name">Kebab-case, as --defect spells it where it is a switch.</param>
/// <param name="Description">What goes wrong.</param>
/// <param name="Sequence">The shortest sequence that shows it.</param>
/// <param name="With">What came out with the defect.</param>
/// <param name="Without">What came out without it.</param>
public sealed record DefectRow(
    int Item, string Name, string Description, string Sequence, string With, string Without)
{
    /// <summary>The two runs came out differently.</summary>
    public bool Shown => !string.Equals(With, Without, StringComparison.Ordinal);
}
