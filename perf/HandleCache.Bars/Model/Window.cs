using System.Globalization;

namespace HandleCache.Bars.Model;

/// <summary>
/// Whether igets one after another are as slow as they are because few of them fit in the
/// processor's window at once: then instructions that wait for nothing, and alone take next to no
/// time, make each iget longer by far more than that.
/// </summary>
internal static class Window
{
    /// <summary>How many <see cref="More"/> has, branches apart.</summary>
    public const int Instructions = Steps * InstructionsPerStep;

    /// <summary>So many times their own time is more than a coincidence.</summary>
    private const double Clearly = 3;

    private const int Steps = 10;
    private const int InstructionsPerStep = 9;

    private const string Tried =
        " Tried: a record compared as one vector, its bucket guessed without bounds checks, and "
        + "all but the hit out of line, each of which made it faster; huge pages below the table "
        + "of C, which gained little; records in the index's buckets, one read for most hits: "
        + "faster only where a record costs a third more, slower where it costs as much.";

    /// <summary>Never 0; so many instructions, none of which reads memory.</summary>
    public static ulong More(ulong state)
    {
        for (int i = 0; i < Steps; i++)
            Work.Next(ref state);
        return state;
    }

    /// <summary>Nanoseconds of <see cref="More"/> alone.</summary>
    public static double Alone(Work work) => ThreadClock.Measure(work.Keys.Length, () =>
    {
        foreach (ulong nodeId in work.Keys)
        {
            if (More(nodeId) == 0)
                throw new InvalidOperationException("a step of xorshift came to 0");
        }
    });

    /// <summary>The cause of an iget's time, from what the run measured, in nanoseconds.</summary>
    public static string Cause(double iget, double withMore, double alone, double read)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        string ownTime = alone.ToString("F0", plain);
        string longer = (withMore - iget).ToString("F0", plain);
        string inFlight = (2 * read / iget).ToString("F1", plain);
        string measured = $"{Instructions} instructions more in each iget, which alone take "
            + $"{ownTime} ns, make it {longer} ns longer";
        if (withMore - iget < Clearly * alone)
            return $"no cause proven: {measured}, so it is not the processor's window."
                + Tried;
        return "an iget waits for two reads, the index's and then the record's, where C waits for "
            + string.Create(plain, $"one. Reads of {read:F0} ns each and {iget:F0} ns an iget ")
            + $"make {inFlight} igets in flight, and no more fit in the processor's window: "
            + $"{measured}. A caller that can should search ahead." + Tried;
    }
}
