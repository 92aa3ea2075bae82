using System.Numerics;

namespace HandleCache.Lab.Watch;

/// <summary>How long a server took for one operation.</summary>
/// <param name="Operation">LOOKUP, ...</param>
/// <param name="Count">Replies.</param>
/// <param name="MedianUs">Half of them took at most so long, microseconds.</param>
/// <param name="P99Us">99 of 100.</param>
/// <param name="WorstUs">The slowest.</param>
public sealed record LatencyRow(
    string Operation, long Count, double MedianUs, double P99Us, double WorstUs);

/// <summary>
/// Counts durations in steps of an eighth of their power of two, so that a quantile is right to
/// 12.5 percent however many there are.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 3;
    private const int Steps = 1 << StepBits;
    private const double NsPerUs = 1000;

    private readonly long[] _counts = new long[(64 + 1) * Steps];
    private long _count;
    private long _worstNs;

    /// <summary>All durations together, ns.</summary>
    public long TotalNs { get; private set; }

    public void Add(TimeSpan duration)
    {
        long ns = Math.Max(1, duration.Ticks * TimeSpan.NanosecondsPerTick);
        _counts[StepOf(ns)]++;
        _count++;
        TotalNs += ns;
        _worstNs = Math.Max(_worstNs, ns);
    }

    public LatencyRow Row(string operation) => new(
        operation, _count, Quantile(0.5), Quantile(0.99), _worstNs / NsPerUs);

    /// <summary>The upper end of the step in which the quantile lies, microseconds.</summary>
    private double Quantile(double share)
    {
        long wanted = (long)Math.Ceiling(share * _count);
        long seen = 0;
        for (int step = 0; step < _counts.Length; step++)
        {
            seen += _counts[step];
            if (seen >= wanted && seen > 0)
                return Math.Min(EndOf(step), _worstNs) / NsPerUs;
        }

        return 0;
    }

    private static int StepOf(long ns)
    {
        int power = BitOperations.Log2((ulong)ns);
        int within = power < StepBits
            ? (int)(ns << (StepBits - power)) & (Steps - 1)
            : (int)(ns >> (power - StepBits)) & (Steps - 1);
        return (power * Steps) + within;
    }

    private static double EndOf(int step)
    {
        double start = Math.ScaleB(1, step / Steps);
        return start * (1 + ((step % Steps) + 1.0) / Steps);
    }
}
