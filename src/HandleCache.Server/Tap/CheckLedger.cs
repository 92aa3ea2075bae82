using HandleCache.Model.Traffic;

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
    string Name, long Compared, long Mismatches, string? FirstMismatch, string? NotCompared)
{
    /// <summary>What a check has counted until now.</summary>
    public static CheckResult Of(CheckCount check, string? reason = null)
    {
        ArgumentNullException.ThrowIfNull(check);
        return new(
            check.Name, check.Compared, check.Mismatches, check.FirstMismatch,
            check.Compared > 0 ? null : reason ?? "nothing to compare");
    }

    /// <summary>The same check, counted in two places.</summary>
    public CheckResult And(CheckResult other)
    {
        ArgumentNullException.ThrowIfNull(other);
        long compared = Compared + other.Compared;
        return new(
            Name, compared, Mismatches + other.Mismatches, FirstMismatch ?? other.FirstMismatch,
            compared > 0 ? null : NotCompared);
    }
}

/// <summary>
/// Counts comparisons by check; safe from any thread. Mirrors count their own, which the ledger
/// asks for when results are wanted; lock order: the ledger's, then a mirror's.
/// </summary>
public sealed class CheckLedger
{
    private readonly Lock _lock = new();
    private readonly List<CheckCount> _checks = [];
    private readonly Dictionary<string, string> _reasons = [];
    private readonly List<Func<IReadOnlyList<CheckResult>>> _sources = [];

    /// <summary>One comparison that held.</summary>
    public void Hold(string check) => Hold(check, 1);

    /// <summary>Many comparisons that held.</summary>
    public void Hold(string check, long count)
    {
        lock (_lock)
            CheckOf(check).Compared += count;
    }

    /// <summary>One comparison that failed, in words.</summary>
    public void Fail(string check, string explanation) =>
        Compare(check, false, () => explanation);

    /// <summary>
    /// One comparison; the explanation is made only when it is the first failure.
    /// </summary>
    public void Compare(string check, bool holds, Func<string> explain)
    {
        ArgumentNullException.ThrowIfNull(explain);
        lock (_lock)
        {
            CheckCount count = CheckOf(check);
            count.Compared++;
            if (!holds)
                count.Fail(CheckCount.Nowhere, count.FirstMismatch ?? explain());
        }
    }

    /// <summary>
    /// States why a check compares nothing; ignored once it has compared something.
    /// </summary>
    public void NotCompared(string check, string reason)
    {
        lock (_lock)
        {
            CheckOf(check);
            _reasons.TryAdd(check, reason);
        }
    }

    /// <summary>Adds what somebody else counts, whatever it is when results are wanted.</summary>
    public void Include(Func<IReadOnlyList<CheckResult>> source)
    {
        lock (_lock)
            _sources.Add(source);
    }

    /// <summary>All checks: the mirrors', then those of here as they first appeared.</summary>
    public IReadOnlyList<CheckResult> Results()
    {
        lock (_lock)
        {
            List<CheckResult> results = [];
            foreach (Func<IReadOnlyList<CheckResult>> source in _sources)
            {
                foreach (CheckResult result in source())
                    Add(results, result);
            }

            foreach (CheckCount check in _checks)
                Add(results, CheckResult.Of(check, _reasons.GetValueOrDefault(check.Name)));
            return results;
        }
    }

    private static void Add(List<CheckResult> results, CheckResult result)
    {
        int at = results.FindIndex(known => known.Name == result.Name);
        if (at < 0)
            results.Add(result);
        else
            results[at] = results[at].And(result);
    }

    private CheckCount CheckOf(string name)
    {
        CheckCount? check = _checks.Find(known => known.Name == name);
        if (check is null)
            _checks.Add(check = new CheckCount(name));
        return check;
    }
}
