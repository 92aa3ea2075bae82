using System.Runtime.InteropServices;

namespace HandleCache.Linux;

/// <summary>struct timespec; the special values are for utimensat alone.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct TimeSpec(long Seconds, long Nanoseconds)
{
    /// <summary>UTIME_NOW: the present moment.</summary>
    public static TimeSpec Now => new(0, 0x3FFFFFFF);

    /// <summary>UTIME_OMIT: leave this time alone.</summary>
    public static TimeSpec Omit => new(0, 0x3FFFFFFE);
}
