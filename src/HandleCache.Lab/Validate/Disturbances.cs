using HandleCache.Lab.Differential;

namespace HandleCache.Lab.Validate;

/// <summary>A comparison that evictions nobody asked for have spoilt in every attempt.</summary>
/// <param name="Check">Name of the check.</param>
/// <param name="What">What was compared.</param>
/// <param name="DisturbedBy">What the kernel did meanwhile.</param>
public sealed record UndecidedComparison(string Check, string What, string DisturbedBy);

/// <summary>
/// Comparisons that an eviction may spoil, tried again a bounded number of times: an inode that
/// reclaim takes between two looks at it is no mismatch. What the traffic shows needs none of
/// this, for evictions are part of it.
/// </summary>
internal sealed class Disturbances
{
    /// <summary>How often one comparison is made again.</summary>
    public const int Attempts = 10;

    /// <summary>
    /// How often a run waits for a shrinker that may just be at work: many mismatches have
    /// another cause.
    /// </summary>
    private const int MostWaits = 20;

    private readonly List<UndecidedComparison> _undecided = [];
    private int _waits;

    public IReadOnlyList<UndecidedComparison> Undecided => _undecided;

    /// <summary>Whether what was just seen may be the doing of reclaim.</summary>
    public bool MayExplain(ReclaimWatch watch)
    {
        if (watch.HasRun || _waits == MostWaits)
            return watch.HasRun;
        bool hasRun = watch.HasRunUntilNow();
        _waits += hasRun ? 0 : 1;
        return hasRun;
    }

    /// <summary>Every attempt was spoilt.</summary>
    public void GiveUp(string check, string what, ReclaimWatch watch) =>
        GiveUp(check, what, watch.ToString());

    public void GiveUp(string check, string what, string disturbedBy) =>
        _undecided.Add(new UndecidedComparison(check, what, disturbedBy));
}
