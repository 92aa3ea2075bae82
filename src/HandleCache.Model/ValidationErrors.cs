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
