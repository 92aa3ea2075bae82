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

    public double Median(int contender) =>
        RatioEstimate.MedianOf([.. _rows.Select(row => row[contender]).Order()]);

    /// <summary>One server's figure over another's.</summary>
    public RatioEstimate Ratio(int contender, int other) =>
        RatioEstimate.Of([.. _rows.Select(row => row[contender] / row[other])]);
}
