using System.Globalization;
using HandleCache.Lab.Sweep;
using HandleCache.Model.Handles;

namespace HandleCache.Cli.Sweep;

/// <summary>Rows of one strategy whose lengths follow each other and that cost the same.</summary>
/// <param name="First">The shortest length.</param>
/// <param name="Last">The longest.</param>
internal sealed record SweepRange(SweepRow First, SweepRow Last)
{
    /// <summary>The spelling with a range for the length: inline:13..40.</summary>
    public string Name
    {
        get
        {
            HandleStrategy strategy = First.Strategy;
            string length = LengthOf(First) == LengthOf(Last)
                ? string.Create(CultureInfo.InvariantCulture, $"{LengthOf(First)}")
                : string.Create(
                    CultureInfo.InvariantCulture, $"{LengthOf(First)}..{LengthOf(Last)}");
            return strategy.Kind switch
            {
                HandleStrategyKind.Inline => $"inline:{length}",
                HandleStrategyKind.InlineCache => string.Create(
                    CultureInfo.InvariantCulture, $"inline:{length}+cache:{strategy.SpillBytes}"),
                HandleStrategyKind.InlineOnly => $"inline-only:{length}",
                HandleStrategyKind.Static => $"static:{length}",
                HandleStrategyKind.PointerMax => $"pointer-max:{length}",
                _ => strategy.ToString(),
            };
        }
    }

    public bool Holds(HandleStrategy strategy) =>
        strategy.Kind == First.Strategy.Kind
        && LengthOf(First) <= LengthOf(strategy) && LengthOf(strategy) <= LengthOf(Last);

    public static IReadOnlyList<SweepRange> Of(IEnumerable<SweepRow> rows)
    {
        List<SweepRange> ranges = [];
        foreach (SweepRow row in rows)
        {
            if (ranges.Count > 0 && Follows(ranges[^1].Last, row))
                ranges[^1] = ranges[^1] with { Last = row };
            else
                ranges.Add(new SweepRange(row, row));
        }

        return ranges;
    }

    private static bool Follows(SweepRow last, SweepRow row) =>
        last.Strategy.Kind == row.Strategy.Kind
        && LengthOf(last) + 1 == LengthOf(row)
        && (row.Strategy.Kind != HandleStrategyKind.InlineCache
            || last.Strategy.SpillBytes == row.Strategy.SpillBytes)
        && last.ObjectsPerSlab == row.ObjectsPerSlab
        && Math.Abs(last.BytesPerInode - row.BytesPerInode) < 1e-6
        && Math.Abs(last.SpilledShare - row.SpilledShare) < 1e-9
        && Math.Abs(last.RefusedShare - row.RefusedShare) < 1e-9;

    private static int LengthOf(SweepRow row) => LengthOf(row.Strategy);

    /// <summary>N of the strategy: inline bytes, or the buffer's of pointer-max.</summary>
    public static int LengthOf(HandleStrategy strategy) =>
        strategy.Kind == HandleStrategyKind.PointerMax
            ? strategy.SpillBytes
            : strategy.InlineBytes;
}
