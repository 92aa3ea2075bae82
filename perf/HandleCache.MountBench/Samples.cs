namespace HandleCache.MountBench;

/// <summary>What the rounds gave for one row and one server.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public void Add(double value) => _values.Add(value);

    public double Median
    {
        get
        {
            double[] sorted = [.. _values.Order()];
            int middle = sorted.Length / 2;
            return sorted.Length % 2 == 1
                ? sorted[middle]
                : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    /// <summary>Largest minus smallest, as a share of the median.</summary>
    public double Spread => (_values.Max() - _values.Min()) / Median;
}
