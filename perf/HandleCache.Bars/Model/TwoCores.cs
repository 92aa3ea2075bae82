using System.Diagnostics;

namespace HandleCache.Bars.Model;

/// <summary>
/// Two threads, each with its own half of the inodes, against one thread with one half: how a
/// cache split by nodeid scales. Elapsed time, since the point is what runs beside; the shortest of
/// many rounds, since a neighbour on a core can only lengthen it. The same is measured with plain
/// arithmetic and with random reads in a loop: what the machine itself can give.
/// </summary>
internal sealed class TwoCores : IDisposable
{
    /// <summary>Sums of two threads lie in different cache lines.</summary>
    private const int Apart = 64;

    /// <summary>Per thread; about what half of the inodes take.</summary>
    private const int ReadBytes = 200 << 20;

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

    /// <summary>Million igets per second with one thread and with two.</summary>
    public (double One, double Two) Igets(int rounds)
    {
        double operations = _work.Keys.Length / 1e6;
        (double one, double two) = Shortest(
            rounds, thread => _halves[thread].HitInFlight(_work.Keys));
        return (operations / one, 2 * operations / two);
    }

    /// <summary>How many times as much two threads do: arithmetic alone.</summary>
    public static double Arithmetic(int rounds)
    {
        const int Steps = 100_000_000;
        var sums = new ulong[2 * Apart];
        (double one, double two) = Shortest(rounds, thread =>
        {
            ulong random = 12345;
            ulong sum = 0;
            for (int i = 0; i < Steps; i++)
                sum += Work.Next(ref random);
            sums[thread * Apart] = sum;
        });
        return 2 * one / two;
    }

    /// <summary>How many times as much two threads do: independent random reads.</summary>
    public double RandomReads(int rounds)
    {
        var memory = new ulong[2][];
        memory[0] = new ulong[ReadBytes / sizeof(ulong)];
        memory[1] = new ulong[ReadBytes / sizeof(ulong)];
        Array.Fill(memory[0], 1ul);
        Array.Fill(memory[1], 1ul);
        var sums = new ulong[2 * Apart];
        (double one, double two) = Shortest(rounds, thread =>
        {
            ulong[] mine = memory[thread];
            ulong sum = 0;
            foreach (ulong key in _work.Keys)
                sum += mine[key * 0x9E37_79B9_7F4A_7C15 % (ulong)mine.Length];
            sums[thread * Apart] = sum;
        });
        return 2 * one / two;
    }

    public void Dispose()
    {
        foreach (CacheContender cache in _halves)
            cache.Dispose();
    }

    private static (double One, double Two) Shortest(int rounds, Action<int> work)
    {
        double[] shortest = [double.MaxValue, double.MaxValue];
        for (int round = 0; round < rounds; round++)
        {
            for (int threads = 1; threads <= 2; threads++)
            {
                shortest[threads - 1] =
                    Math.Min(shortest[threads - 1], Elapsed(threads, work));
            }
        }

        return (shortest[0], shortest[1]);
    }

    private static double Elapsed(int threads, Action<int> work)
    {
        Thread[] running = [.. Enumerable.Range(0, threads).Select(
            number => new Thread(() => work(number)))];
        long start = Stopwatch.GetTimestamp();
        foreach (Thread thread in running)
            thread.Start();
        foreach (Thread thread in running)
            thread.Join();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
