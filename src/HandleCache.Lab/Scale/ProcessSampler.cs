using System.Globalization;

namespace HandleCache.Lab.Scale;

/// <summary>Looks at this process four times a second: resident memory, open descriptors.</summary>
internal sealed class ProcessSampler : IDisposable
{
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private long _residentPeak;
    private int _descriptorsPeak;

    public ProcessSampler()
    {
        (ResidentStart, DescriptorsStart) = (ResidentNow(), DescriptorsNow());
        _thread = new Thread(Sample) { IsBackground = true, Name = "process-sampler" };
        _thread.Start();
    }

    /// <summary>Bytes.</summary>
    public long ResidentStart { get; }

    public int DescriptorsStart { get; }

    public long ResidentPeak => Volatile.Read(ref _residentPeak);

    public int DescriptorsPeak => Volatile.Read(ref _descriptorsPeak);

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Sample()
    {
        do
        {
            Volatile.Write(ref _residentPeak, Math.Max(_residentPeak, ResidentNow()));
            Volatile.Write(ref _descriptorsPeak, Math.Max(_descriptorsPeak, DescriptorsNow()));
        }
        while (!_stop.Wait(TimeSpan.FromMilliseconds(250)));
    }

    private static int DescriptorsNow() =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    private static long ResidentNow() => Kilobytes("/proc/self/status", "VmRSS:") * 1024;

    /// <summary>The number of a "Name:   123 kB" line.</summary>
    internal static long Kilobytes(string path, string field)
    {
        string line = File.ReadLines(path)
            .First(l => l.StartsWith(field, StringComparison.Ordinal));
        string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(words[1], CultureInfo.InvariantCulture);
    }
}
