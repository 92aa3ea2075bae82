namespace HandleCache.Model;

/// <summary>Collects what a walk finds; an empty list means the structure is sound.</summary>
internal sealed class ValidationErrors
{
    /// <summary>A broken structure repeats itself: after this many, more say nothing new.</summary>
    private const int Most = 100;

    private readonly List<ValidationError> _errors = [];

    public IReadOnlyList<ValidationError> All => _errors;

    public void Add(string counter, long counted, long recorded)
    {
        if (_errors.Count < Most)
            _errors.Add(new(counter, counted, recorded));
    }

    /// <summary>Notes an error where the two figures differ.</summary>
    public void Equal(string counter, long counted, long recorded)
    {
        if (counted != recorded)
            Add(counter, counted, recorded);
    }
}

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
