using System.Globalization;

namespace HandleCache.Lab.Differential;

/// <summary>
/// Tells whether the running kernel reclaimed slab objects, and so dentries that nobody used, on
/// its own: memory pressure anywhere, or somebody's write to drop_caches. Rule "reclaim" of
/// <see cref="NoiseRules"/>.
/// </summary>
internal sealed class ReclaimWatch
{
    private readonly long _before = Scanned();

    /// <summary>Whether any shrinker has run since this object was made.</summary>
    public bool HasRun => Scanned() != _before;

    /// <summary>slabs_scanned of /proc/vmstat (SLABS_SCANNED, mm/shrinker.c).</summary>
    private static long Scanned()
    {
        const string Counter = "slabs_scanned ";
        string? line = File.ReadLines("/proc/vmstat").FirstOrDefault(
            line => line.StartsWith(Counter, StringComparison.Ordinal));
        return line is null
            ? 0
            : long.Parse(line.AsSpan(Counter.Length), CultureInfo.InvariantCulture);
    }
}
