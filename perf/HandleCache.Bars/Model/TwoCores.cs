using System.Diagnostics;

namespace HandleCache.Bars.Model;

/// <summary>
/// Two threads, each with its own half of the inodes, against one thread with one half: how a
/// cache split by nodeid scales. Elapsed time, since the point is what runs beside.
/// </summary>
internal sealed class TwoCores : IDisposable
{
    private readonly Work _work;
    private readonly CacheContender[] _halves;

    public TwoCores(Work half)
    {
        _work = half;
        _halves = [new(half), new(half)];
        foreach (CacheContender cache in _halves)
        {
            cache.Fill();
            cache.HitInFlight(half.Keys);
        }
    }

    /// <summary>Million igets per second: one thread, two threads.</summary>
    public (double One, double Two) Measure(int rounds)
    {
        double[] medians = Rounds.Medians(
            rounds, () => Elapsed(threads: 1), () => Elapsed(threads: 2));
        double operations = _work.Keys.Length / 1e6;
        return (operations / medians[0], 2 * operations / medians[1]);
    }

    public void Dispose()
    {
        foreach (CacheContender cache in _halves)
            cache.Dispose();
    }

    private double Elapsed(int threads)
    {
        Thread[] running = [.. _halves[..threads].Select(
            cache => new Thread(() => cache.HitInFlight(_work.Keys)))];
        long start = Stopwatch.GetTimestamp();
        foreach (Thread thread in running)
            thread.Start();
        foreach (Thread thread in running)
            thread.Join();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
