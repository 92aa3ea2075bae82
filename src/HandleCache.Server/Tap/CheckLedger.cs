namespace HandleCache.Server.Tap;

/// <summary>
/// The outcome of one check. A check that compared nothing did not pass: then
/// <paramref name="NotCompared"/> says why.
/// </summary>
/// <param name="Name">The check's name in all outputs.</param>
/// <param name="Compared">Comparisons made.</param>
/// <param name="Mismatches">Comparisons that failed.</param>
/// <param name="FirstMismatch">The first failure in words; null when there is none.</param>
/// <param name="NotCompared">Why nothing was compared; null when something was.</param>
public sealed record CheckResult(
    string Name, long Compared, long Mismatches, string? FirstMismatch, string? NotCompared);

/// <summary>Counts comparisons by check; safe from any thread.</summary>
public sealed class CheckLedger
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];

    /// <summary>One comparison that held.</summary>
    public void Hold(string check) => Compare(check, true, static () => "");

    /// <summary>Many comparisons that held.</summary>
    public void Hold(string check, long count)
    {
        lock (_lock)
            EntryOf(check).Compared += count;
    }

    /// <summary>One comparison that failed, in words.</summary>
    public void Fail(string check, string explanation) =>
        Compare(check, false, () => explanation);

    /// <summary>
    /// One comparison; the explanation is made only when it is the first failure.
    /// </summary>
    public void Compare(string check, bool holds, Func<string> explain)
    {
        lock (_lock)
        {
            Entry entry = EntryOf(check);
            entry.Compared++;
            if (holds)
                return;
            entry.Mismatches++;
            entry.FirstMismatch ??= explain();
        }
    }

    /// <summary>
    /// States why a check compares nothing; ignored once it has compared something.
    /// </summary>
    public void NotCompared(string check, string reason)
    {
        lock (_lock)
            EntryOf(check).NotCompared ??= reason;
    }

    /// <summary>All checks in the order in which they first appeared.</summary>
    public IReadOnlyList<CheckResult> Results()
    {
        lock (_lock)
        {
            return [.. _entries.Select(e => new CheckResult(
                e.Name,
                e.Compared,
                e.Mismatches,
                e.FirstMismatch,
                e.Compared > 0 ? null : e.NotCompared ?? "nothing to compare"))];
        }
    }

    private Entry EntryOf(string name)
    {
        foreach (Entry entry in _entries)
        {
            if (ReferenceEquals(entry.Name, name) || entry.Name == name)
                return entry;
        }

        Entry added = new(name);
        _entries.Add(added);
        return added;
    }

    private sealed class Entry(string name)
    {
        public string Name { get; } = name;

        public long Compared { get; set; }

        public long Mismatches { get; set; }

        public string? FirstMismatch { get; set; }

        public string? NotCompared { get; set; }
    }
}
