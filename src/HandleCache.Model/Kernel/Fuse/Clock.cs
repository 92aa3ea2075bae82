namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// The virtual clock and the validities that are measured by it (models fuse_time_to_jiffies(),
/// fs/fuse/dir.c, v6.18).
/// </summary>
internal sealed class Clock
{
    private const long NsPerSecond = 1_000_000_000;

    /// <summary>MAX_JIFFY_OFFSET: a longer validity never ends.</summary>
    private const ulong ForeverSeconds = 1UL << 32;

    public long NowNs { get; set; } = 1;

    /// <summary>
    /// When something said to be valid for so long from now on ends; 0 is at once.
    /// </summary>
    public long Expiry(ulong seconds, uint nanoseconds)
    {
        if (seconds == 0 && nanoseconds == 0)
            return 0;
        if (seconds >= ForeverSeconds)
            return long.MaxValue;
        long validNs = ((long)seconds * NsPerSecond)
            + Math.Min(nanoseconds, (uint)NsPerSecond - 1);
        return NowNs + validNs;
    }

    /// <summary>time_before64(expiry, now): valid still at the very end.</summary>
    public bool IsExpired(long expiryNs) => expiryNs < NowNs;

    public static KernelTime Time(ulong seconds, uint nanoseconds) =>
        new(seconds, Math.Min(nanoseconds, (uint)NsPerSecond - 1));
}
