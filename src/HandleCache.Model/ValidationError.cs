namespace HandleCache.Model;

/// <summary>
/// One broken invariant found by a <c>Validate()</c>: what was walked gives
/// <paramref name="Counted"/>, what the structure says of itself is <paramref name="Recorded"/>.
/// </summary>
/// <param name="Counter">Name of the counter or rule, in kebab-case.</param>
/// <param name="Counted">The figure the walk found.</param>
/// <param name="Recorded">The figure the structure holds, or what the rule demands.</param>
public readonly record struct ValidationError(string Counter, long Counted, long Recorded)
{
    public override string ToString() =>
        FormattableString.Invariant($"{Counter}: counted {Counted}, recorded {Recorded}");
}
