using System.Globalization;

namespace HandleCache.Bars.Model;

/// <summary>
/// Processor time of the calling thread, so that a neighbour on the core does not count. Its
/// resolution is the kernel's tick: measure tenths of a second.
/// </summary>
internal static class ThreadClock
{
    private const string Path = "/proc/thread-self/schedstat";

    private const int Ran = 0;
    private const int Waited = 1;

    /// <summary>Nanoseconds that the thread has run.</summary>
    public static double NowNs() => Field(Ran);

    /// <summary>Nanoseconds that it could have run but waited for a core.</summary>
    public static double WaitedNs() => Field(Waited);

    /// <summary>Nanoseconds per operation.</summary>
    public static double Measure(long operations, Action action)
    {
        double start = NowNs();
        action();
        return (NowNs() - start) / operations;
    }

    private static double Field(int index) => double.Parse(
        File.ReadAllText(Path).Split(' ')[index], CultureInfo.InvariantCulture);
}
