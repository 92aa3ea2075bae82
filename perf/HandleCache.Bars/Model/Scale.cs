using System.Diagnostics;
using System.Globalization;

namespace HandleCache.Bars.Model;

/// <summary>
/// A population of its own, in a process of its own, so that the resident memory is that of the
/// cache: filled, then random igets.
/// </summary>
internal sealed record Scale(
    double PeakGiB, double BytesPerInode, double OneByOnePerSecond, double InFlightPerSecond,
    double LongestPauseMs)
{
    private const int Operations = 10_000_000;
    private const double GiB = 1L << 30;

    /// <summary>Runs <see cref="Run"/> in another process.</summary>
    public static Scale Measure(long inodes, uint handleType, int handleBytes)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath ?? "dotnet")
        {
            RedirectStandardOutput = true,
        };
        foreach (string argument in (string[])
            ["scale", $"{inodes}", $"{handleType}", $"{handleBytes}"])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)
            ?? throw new InvalidOperationException("the process for the scale did not start");
        string answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string[] parts = answer.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (process.ExitCode != 0 || parts.Length != 5)
            throw new InvalidOperationException($"the process for the scale: '{answer}'");
        double[] figures = Array.ConvertAll(
            parts, part => double.Parse(part, CultureInfo.InvariantCulture));
        return new(figures[0], figures[1], figures[2], figures[3], figures[4]);
    }

    public static void Run(long inodes, uint handleType, int handleBytes)
    {
        var work = new Work(inodes, Operations, handleType, handleBytes);
        using var cache = new CacheContender(work);
        double pauseMs = cache.FillWatchingPauses();
        double one = Math.Min(cache.Hit(inFlight: false), cache.Hit(inFlight: false));
        double many = Math.Min(cache.Hit(inFlight: true), cache.Hit(inFlight: true));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{PeakBytes() / GiB} {(double)cache.MemoryBytes / inodes} ")
            + string.Create(
                CultureInfo.InvariantCulture, $"{1e9 / one} {1e9 / many} {pauseMs}"));
    }

    /// <summary>VmHWM: the most that was resident at once.</summary>
    private static double PeakBytes()
    {
        const double BytesPerKb = 1024;
        string line = File.ReadLines("/proc/self/status")
            .First(l => l.StartsWith("VmHWM", StringComparison.Ordinal));
        string kb = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return double.Parse(kb, CultureInfo.InvariantCulture) * BytesPerKb;
    }
}
