using System.Diagnostics;
using System.Globalization;

namespace HandleCache.Bars.Model;

/// <summary>The C program of <c>perf/peers/inodes.c</c>, one command at a time.</summary>
internal sealed class CPeer : IContender, IDisposable
{
    private readonly Process _process;

    public CPeer(string path, Work work)
    {
        var start = new ProcessStartInfo(path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (long argument in (long[])[work.Inodes, work.Keys.Length, work.HandleBytes])
            start.ArgumentList.Add(argument.ToString(CultureInfo.InvariantCulture));
        _process = Process.Start(start)
            ?? throw new InvalidOperationException($"{path} did not start");
    }

    public double Fill() => Ask("fill");

    public double Hit(bool inFlight) => Ask(inFlight ? "hit-prefetch" : "hit");

    public double Forget(bool inFlight) => Ask(inFlight ? "forget-prefetch" : "forget");

    public double BytesPerInode() => Ask("bytes");

    /// <summary>Nanoseconds of a random read that depends on the one before.</summary>
    public double LatencyNs() => Ask("latency");

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private double Ask(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"the C peer did not answer '{command}'");
        return double.Parse(answer, CultureInfo.InvariantCulture);
    }
}
