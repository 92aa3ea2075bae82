namespace HandleCache.Model;

/// <summary>Where a number of a profile comes from.</summary>
/// <param name="What">Which number.</param>
/// <param name="How">"measured" on a kernel, or "derived" from something that was.</param>
/// <param name="Where">The machine, source or fact file.</param>
public sealed record ProfileSource(string What, string How, string Where)
{
    public const string Measured = "measured";
    public const string Derived = "derived";
}
