namespace HandleCache.MountBench;

/// <summary>Why a row may fall short, as the profiles (perf record -a -g) have shown it.</summary>
internal static class Causes
{
    public static string Of(string row)
    {
        if (row.EndsWith("over io_uring", StringComparison.Ordinal))
            return Ring;
        if (row.StartsWith("memory", StringComparison.Ordinal))
            return Memory;
        return row.StartsWith("sequential write", StringComparison.Ordinal) ? Write : Other;
    }

    private const string Ring =
        "on 2 busy processors io_uring saves a system call a request, no idle wake-up: most samples "
        + "(perf record) are the client's own call and io_uring_enter, which wakes the client and "
        + "switches to it; this program is the smallest part";

    private const string Memory =
        "a record, two indexes with room to grow, and the arrays they outgrew until the collector "
        + "runs; the peer's figure leaves out the open file that it keeps for each inode, which the "
        + "kernel holds: see the row with the kernel's part";

    private const string Write =
        "both make the same three system calls a MiB (strace): read, pwrite, write; no cause proven "
        + "beside the spread";

    private const string Other =
        "the same or fewer system calls than the peer (strace); no cause proven beside the spread";
}
