using HandleCache.Linux;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// How the descriptors that the process may still open are shared out, so that no use of them
/// starves another: one client's open files leave room for everybody's lookups. Half are for open
/// files, a quarter for objects without a name, at most a quarter for the cache; each has a few.
/// </summary>
/// <param name="Cached">O_PATH descriptors between requests.</param>
/// <param name="Nameless">Objects that lost their last name while the kernel had them.</param>
/// <param name="OpenFiles">Open files and directories of the kernel's callers.</param>
internal readonly record struct DescriptorShares(int Cached, int Nameless, int OpenFiles)
{
    /// <summary>For requests while they are served, sockets and files of the runtime.</summary>
    private const int Spare = 24;

    private const int Least = 4;

    /// <param name="limit">RLIMIT_NOFILE.</param>
    /// <param name="inUse">Descriptors that are open for other purposes.</param>
    /// <param name="wantedCached">More are not cached, however many there are.</param>
    public static DescriptorShares Of(ulong limit, int inUse, int wantedCached)
    {
        int all = (int)Math.Min(limit, int.MaxValue);
        int free = Math.Max(all - inUse - Spare, 4 * Least);
        return new DescriptorShares(Math.Min(wantedCached, free / 4), free / 4, free / 2);
    }

    /// <summary>Those of this process now.</summary>
    public static DescriptorShares OfProcess(int wantedCached) => Of(
        DescriptorLimit.Current, DescriptorLimit.InUse, wantedCached);
}
