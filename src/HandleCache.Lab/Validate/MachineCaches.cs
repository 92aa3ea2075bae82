namespace HandleCache.Lab.Validate;

/// <summary>The caches of the whole machine, which only a user who asks for it drops.</summary>
internal static class MachineCaches
{
    /// <summary>Of /proc/sys/vm/drop_caches: dentries and inodes, not pages.</summary>
    private const string DentriesAndInodes = "2";

    /// <exception cref="IOException">The machine does not let it.</exception>
    public static void Drop() =>
        File.WriteAllText("/proc/sys/vm/drop_caches", DentriesAndInodes);
}
