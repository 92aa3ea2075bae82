using System.Globalization;
using HandleCache.Lab;

namespace HandleCache.MountBench;

/// <summary>What stands behind a row's figure: how sure it is, and the other placements.</summary>
internal static class RowNotes
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static string Of(Load load, LoadResult result)
    {
        List<string> facts = [];
        foreach (Placement placement in
            (Placement[])[Placement.Together, Placement.Apart, Placement.Free])
        {
            Slices slices = result[placement];
            if (slices.Count == 0)
                continue;
            RatioEstimate ratio = slices.Ratio(Bench.Ours, Bench.Theirs);
            if (placement == result.Shown)
            {
                facts.Insert(0, Interval(ratio)
                    + (placement == Placement.Together ? ", all on one processor" : ""));
                if (ratio.Straddles(1))
                    facts.Insert(1, "that interval holds 1: the run does not decide");
                continue;
            }

            string where = placement == Placement.Apart
                ? "client and server on two processors" : "placed by the scheduler";
            facts.Add(string.Create(Plain,
                $"{where} {ratio.Median:0.00} ({ratio.Low:0.00} to {ratio.High:0.00}; "
                + $"{slices.Median(Bench.Ours):N0} and {slices.Median(Bench.Theirs):N0})"));
        }

        if (load.Kind != Load.Walk)
            facts.Add(ProcessorTime(load, result));
        return string.Join("; ", facts);
    }

    public static string Interval(RatioEstimate ratio) => string.Create(Plain,
        $"{ratio.Low:0.00} to {ratio.High:0.00} (95 %, {ratio.Pairs} pairs of slices)");

    private static string ProcessorTime(Load load, LoadResult result)
    {
        // Bytes are too small a unit, a million of them is what the row counts in.
        string unit = load.Divisor > 1 ? "MB" : Singular(load.Unit);
        double here = result.Microseconds(Bench.Ours) * load.Divisor;
        double there = result.Microseconds(Bench.Theirs) * load.Divisor;
        return string.Create(Plain,
            $"processor time of the server as placed by the scheduler {here:0.0} us a {unit} here, "
            + $"{there:0.0} us there");
    }

    private static string Singular(string unit) => unit switch
    {
        "entries/s" => "entry",
        _ => unit[..^"s/s".Length],
    };
}
