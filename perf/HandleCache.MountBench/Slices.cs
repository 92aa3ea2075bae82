using HandleCache.Lab;

namespace HandleCache.MountBench;

/// <summary>
/// What one load gave in many short slices, those of all servers side by side in time: a
/// figure of each server for each slice, so that two servers are compared slice by slice.
/// </summary>
internal sealed class Slices
{
    private readonly List<double[]> _rows = [];

    public int Count => _rows.Count;

    /// <summary>One slice of each server, in the order of the contenders.</summary>
    public void Add(double[] figures) => _rows.Add(figures);

    /// <summary>
    /// What a duel gave, but for the first slice of each root, which was to warm up.
    /// </summary>
    public void AddPairs(Slice[] duel, int roots, double divisor)
    {
        foreach (Slice[] pair in duel.Skip(roots).Chunk(roots))
        {
            double[] figures = new double[roots];
            foreach (Slice slice in pair)
                figures[slice.Root] = slice.PerSecond / divisor;
            Add(figures);
        }
    }

    public double Median(int contender) =>
        RatioEstimate.MedianOf([.. _rows.Select(row => row[contender]).Order()]);

    /// <summary>One server's figure over another's.</summary>
    public RatioEstimate Ratio(int contender, int other) =>
        RatioEstimate.Of([.. _rows.Select(row => row[contender] / row[other])]);
}
