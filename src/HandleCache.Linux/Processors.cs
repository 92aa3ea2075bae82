using System.Globalization;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>The processors that the kernel knows, and which of them a thread runs on.</summary>
public static unsafe class Processors
{
    private const int MostProcessors = 1024;

    /// <summary>
    /// Processors there are or may be plugged in (num_possible_cpus()): FUSE over io_uring has
    /// a queue for each.
    /// </summary>
    public static int PossibleCount()
    {
        string text = File.ReadAllText("/sys/devices/system/cpu/possible").Trim();
        int count = 0;
        foreach (string range in text.Split(','))
        {
            string[] ends = range.Split('-');
            CultureInfo plain = CultureInfo.InvariantCulture;
            count += int.Parse(ends[^1], plain) - int.Parse(ends[0], plain) + 1;
        }

        return count;
    }

    /// <summary>Those that the calling thread may run on, in order; at least one.</summary>
    public static IReadOnlyList<int> Allowed()
    {
        ulong* mask = stackalloc ulong[MostProcessors / 64];
        new Span<ulong>(mask, MostProcessors / 64).Clear();
        // SAFETY: thread 0 is the caller; the mask has the length given.
        _ = LibC.sched_getaffinity(0, MostProcessors / 8, mask);
        List<int> allowed = [];
        for (int processor = 0; processor < MostProcessors; processor++)
        {
            if ((mask[processor / 64] >> (processor % 64) & 1) != 0)
                allowed.Add(processor);
        }

        return allowed.Count > 0 ? allowed : [0];
    }

    /// <summary>
    /// Keeps the calling thread, and the threads and processes that it will make, on one
    /// processor. EINVAL: it is not there, or not allowed here.
    /// </summary>
    public static Errno PinThread(int processor)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(processor, MostProcessors);
        ArgumentOutOfRangeException.ThrowIfNegative(processor);
        ulong* mask = stackalloc ulong[MostProcessors / 64];
        new Span<ulong>(mask, MostProcessors / 64).Clear();
        mask[processor / 64] = 1UL << (processor % 64);
        // SAFETY: thread 0 is the caller; the mask has the length given.
        return Sys.Status(LibC.sched_setaffinity(0, MostProcessors / 8, mask));
    }
}
