using System.Globalization;
using HandleCache.Linux.Native;

namespace HandleCache.Linux;

/// <summary>RLIMIT_NOFILE of this process and of those that it starts.</summary>
public static class DescriptorLimit
{
    private const int NoFile = 7;

    /// <summary>
    /// More than a server needs (a descriptor for each file that clients have open), and little
    /// enough that programs which walk over all numbers up to the limit stay quick.
    /// </summary>
    private const ulong Enough = 1 << 20;

    /// <summary>The soft limit now.</summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static ulong Current => Get().Soft;

    /// <summary>Descriptors that this process has open now.</summary>
    public static int InUse => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>
    /// Raises the soft limit to the hard one, and where the process may (CAP_SYS_RESOURCE) both
    /// to <c>fs.nr_open</c>, at most to a million. It is never lowered; where it cannot be
    /// raised it stays.
    /// </summary>
    public static void Raise()
    {
        (ulong soft, ulong hard) = Get();
        ulong wanted = Math.Min(Enough, NumberMax());
        if (soft >= wanted)
            return;
        if (hard < wanted && Set(wanted, wanted))
            return;
        Set(Math.Min(hard, wanted), hard);
    }

    private static ulong NumberMax()
    {
        try
        {
            return ulong.Parse(
                File.ReadAllText("/proc/sys/fs/nr_open"), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Enough;
        }
    }

    private static unsafe (ulong Soft, ulong Hard) Get()
    {
        // SAFETY: two words, as struct rlimit64 has.
        ulong* limit = stackalloc ulong[2];
        Sys.Require(LibC.prlimit64(0, NoFile, null, limit), "prlimit", "RLIMIT_NOFILE");
        return (limit[0], limit[1]);
    }

    private static unsafe bool Set(ulong soft, ulong hard)
    {
        // SAFETY: as above.
        ulong* limit = stackalloc ulong[2] { soft, hard };
        return LibC.prlimit64(0, NoFile, limit, null) == 0;
    }
}
