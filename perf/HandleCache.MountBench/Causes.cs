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
        "on 2 busy processors io_uring saves a system call a request, no idle wake-up: of all "
        + "samples 35% are the client's own call, 45% in io_uring_enter (half of it waking the "
        + "client and switching to it), 10% the source's statx and name_to_handle_at, 7% this "
        + "program";

    private const string Memory =
        "a record of 32 bytes, two indexes of 4-byte entries with room to grow, and the arrays they "
        + "outgrew until the collector runs; the peer's 64 bytes leave out the open file that it "
        + "keeps for each inode, which the kernel holds: see the row with the kernel's part";

    private const string Write =
        "both make the same three system calls a MiB (strace): read, pwrite, write; the difference "
        + "is copying between caches, within the spread";

    private const string Other =
        "the same or fewer system calls than the peer (strace); the difference is which processor "
        + "a thread wakes on, within the spread";
}
