namespace HandleCache.Lab;

/// <summary>
/// The median of paired ratios with its 95 % interval, by the order statistics of the sign test:
/// no assumption on how the ratios are spread.
/// </summary>
internal sealed record RatioEstimate(double Median, double Low, double High, int Pairs)
{
    private const double Tail = 0.025;

    public bool Straddles(double bar) => Low < bar && bar < High;

    public static RatioEstimate Of(double[] ratios)
    {
        double[] sorted = [.. ratios.Order()];
        int outside = Outside(sorted.Length);
        return new RatioEstimate(
            MedianOf(sorted), sorted[outside], sorted[^(outside + 1)], sorted.Length);
    }

    public static double MedianOf(double[] sorted)
    {
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1
            ? sorted[middle]
            : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>
    /// How many values at each end lie outside the interval: the median is below the k-th smallest
    /// with the chance that a fair coin shows less than k heads in as many throws as values.
    /// </summary>
    private static int Outside(int count)
    {
        double chance = Math.Pow(0.5, count);
        double lessHeads = chance;
        int rank = 1;
        while (lessHeads + (chance * (count - rank + 1) / rank) <= Tail)
        {
            chance *= (double)(count - rank + 1) / rank;
            lessHeads += chance;
            rank++;
        }

        return rank - 1;
    }
}
