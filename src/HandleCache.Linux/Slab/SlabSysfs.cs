using System.Globalization;

namespace HandleCache.Linux.Slab;

/// <summary>Reads /sys/kernel/slab (Documentation/ABI/testing/sysfs-kernel-slab).</summary>
public sealed class SlabSysfs(string root = SlabSysfs.DefaultRoot)
{
    public const string DefaultRoot = "/sys/kernel/slab";

    /// <summary>
    /// False where the kernel has no SLUB sysfs (CONFIG_SLUB_DEBUG or SYSFS off), or this user may
    /// not read it.
    /// </summary>
    public bool Exists
    {
        get
        {
            try
            {
                return Directory.Exists(root) && Directory.EnumerateDirectories(root).Any();
            }
            catch (UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    /// <summary>
    /// Names in the directory, and how many of them are aliases (symbolic links).
    /// </summary>
    public (IReadOnlyList<string> Caches, int Aliases) Names()
    {
        List<string> caches = [];
        int aliases = 0;
        foreach (DirectoryInfo entry in new DirectoryInfo(root).EnumerateDirectories())
        {
            if (entry.LinkTarget is null)
                caches.Add(entry.Name);
            else
                aliases++;
        }

        caches.Sort(StringComparer.Ordinal);
        return (caches, aliases);
    }

    /// <summary>
    /// The cache of that name, an alias resolved to the cache it was merged into; null where there
    /// is none (caches come and go).
    /// </summary>
    /// <exception cref="InvalidDataException">A file does not hold what it should.</exception>
    /// <exception cref="UnauthorizedAccessException">The files are root's alone.</exception>
    public SlabCacheInfo? TryRead(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        DirectoryInfo directory = new(Path.Combine(root, name));
        if (!directory.Exists || name.Contains('/', StringComparison.Ordinal))
            return null;
        string resolved = directory.ResolveLinkTarget(true)?.FullName ?? directory.FullName;
        try
        {
            return Read(resolved);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>
    /// Gives back empty slabs and sorts partial ones (kmem_cache_shrink()); needs root. After it,
    /// and with RCU quiet, the number of slabs is the least there can be.
    /// </summary>
    public void Shrink(string name) => File.WriteAllText(Path.Combine(root, name, "shrink"), "1");

    private static SlabCacheInfo Read(string directory) => new()
    {
        Name = Path.GetFileName(directory),
        ObjectSize = (int)Number(directory, "object_size"),
        SlabSize = (int)Number(directory, "slab_size"),
        ObjsPerSlab = (int)Number(directory, "objs_per_slab"),
        Order = (int)Number(directory, "order"),
        Align = (int)Number(directory, "align"),
        Objects = Number(directory, "objects"),
        TotalObjects = Number(directory, "total_objects"),
        Slabs = Number(directory, "slabs"),
        Partial = Number(directory, "partial"),
        CpuSlabs = OptionalNumber(directory, "cpu_slabs") ?? 0,
        SlabsCpuPartial = SlabsOnCpus(directory),
        CpuPartial = (int?)OptionalNumber(directory, "cpu_partial"),
        MinPartial = (int?)OptionalNumber(directory, "min_partial"),
        HwCacheAlign = Number(directory, "hwcache_align") != 0,
        ReclaimAccount = Number(directory, "reclaim_account") != 0,
        CacheDma = OptionalNumber(directory, "cache_dma") is > 0,
        DestroyByRcu = Number(directory, "destroy_by_rcu") != 0,
        Ctor = Text(directory, "ctor") is { Length: > 0 } ctor ? ctor : null,
        UserSize = (int?)OptionalNumber(directory, "usersize"),
        Aliases = (int)(OptionalNumber(directory, "aliases") ?? 0),
        Debug = OptionalNumber(directory, "red_zone") is > 0
            || OptionalNumber(directory, "poison") is > 0
            || OptionalNumber(directory, "store_user") is > 0,
    };

    private static string Text(string directory, string file) =>
        File.ReadAllText(Path.Combine(directory, file)).Trim();

    private static long Number(string directory, string file) =>
        Leading(directory, file, Text(directory, file));

    private static long? OptionalNumber(string directory, string file) =>
        File.Exists(Path.Combine(directory, file)) ? Number(directory, file) : null;

    /// <summary>slabs_cpu_partial reads "objects(slabs) C0=..."; the slabs are wanted.</summary>
    private static long? SlabsOnCpus(string directory)
    {
        const string Partial = "slabs_cpu_partial";
        if (!File.Exists(Path.Combine(directory, Partial)))
            return null;
        string text = Text(directory, Partial);
        int open = text.IndexOf('(', StringComparison.Ordinal);
        return open < 0
            ? throw new InvalidDataException($"{directory}/{Partial}: '{text}' has no (slabs)")
            : Leading(directory, Partial, text[(open + 1)..]);
    }

    /// <summary>The number a text begins with: "18 N0=18", "8) C0=31(3)".</summary>
    private static long Leading(string directory, string file, string text)
    {
        int end = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        ReadOnlySpan<char> digits = end < 0 ? text : text.AsSpan(0, end);
        return long.TryParse(
            digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new InvalidDataException($"{directory}/{file}: '{text}' begins with no number");
    }
}
