using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>What a server's process has used: seconds on a processor.</summary>
internal readonly record struct ServerUse(double Seconds)
{
    /// <summary>USER_HZ, the unit of times in /proc: 100 on every architecture of Linux.</summary>
    private const double TicksPerSecond = 100;

    public static ServerUse Of(int processId)
    {
        string[] stat = File.ReadAllText($"/proc/{processId}/stat").Split(')')[^1].Split(' ');
        // utime and stime are fields 14 and 15 of proc_pid_stat(5), 12 and 13 behind the name.
        return new ServerUse((Number(stat[12]) + Number(stat[13])) / TicksPerSecond);
    }

    public static ServerUse operator -(ServerUse after, ServerUse before) =>
        new(after.Seconds - before.Seconds);

    public static ServerUse operator +(ServerUse one, ServerUse other) =>
        new(one.Seconds + other.Seconds);

    private static double Number(string text) =>
        double.Parse(text, CultureInfo.InvariantCulture);
}
