using System.Globalization;

namespace HandleCache.Lab.Differential;

/// <summary>
/// Tells whether the running kernel reclaimed slab objects, and so dentries and inodes that nobody
/// used, on its own: memory pressure anywhere, or somebody's write to drop_caches. Rule "reclaim"
/// of <see cref="NoiseRules"/>.
/// </summary>
internal sealed class ReclaimWatch
{
    private const string ScannedName = "slabs_scanned";
    private const string DroppedName = "drop_slab";

    /// <summary>
    /// A shrinker is counted when it is done (do_shrink_slab(), mm/shrinker.c): what it evicts may
    /// be seen before. So long after, it is counted for sure, but for a machine that stands still.
    /// </summary>
    private static readonly TimeSpan CountedBy = TimeSpan.FromMilliseconds(250);

    private readonly Func<string[]> _vmstat;
    private readonly Counters _before;

    /// <param name="vmstat">Lines of /proc/vmstat; null for those of the running kernel.</param>
    public ReclaimWatch(Func<string[]>? vmstat = null)
    {
        _vmstat = vmstat ?? (() => File.ReadAllLines("/proc/vmstat"));
        _before = Counters.Of(_vmstat());
    }

    /// <summary>Whether any shrinker has run since this object was made.</summary>
    public bool HasRun => Counters.Of(_vmstat()) != _before;

    /// <summary>
    /// Whether somebody's write to drop_caches has ended since this object was made: nothing that
    /// was unused then is left (drop_slab(), mm/shrinker.c, goes on until it finds nothing).
    /// </summary>
    public bool HasDropped => Counters.Of(_vmstat()).Dropped != _before.Dropped;

    /// <summary>
    /// <see cref="HasRun"/>, of one that may just be at work; waits for its end where none is
    /// known.
    /// </summary>
    public bool HasRunUntilNow() => WaitForNext(CountedBy);

    /// <summary>Waits for a shrinker, as long as the patience allows.</summary>
    public bool WaitForNext(TimeSpan patience)
    {
        long end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (!HasRun)
        {
            if (Environment.TickCount64 > end)
                return false;
            Thread.Sleep(2);
        }

        return true;
    }

    /// <summary>What it saw until now, in the kernel's names.</summary>
    public override string ToString()
    {
        Counters now = Counters.Of(_vmstat());
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{ScannedName} of /proc/vmstat went from {_before.Scanned} to {now.Scanned}, "
            + $"{DroppedName} from {_before.Dropped} to {now.Dropped}");
    }

    private readonly record struct Counters(long Scanned, long Dropped)
    {
        public static Counters Of(string[] lines) =>
            new(Value(lines, ScannedName), Value(lines, DroppedName));

        private static long Value(string[] lines, string name)
        {
            string? line = Array.Find(
                lines, line => line.StartsWith(name, StringComparison.Ordinal)
                    && line[name.Length] == ' ');
            return line is null
                ? 0
                : long.Parse(line.AsSpan(name.Length), CultureInfo.InvariantCulture);
        }
    }
}
