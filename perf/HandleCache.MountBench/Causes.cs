namespace HandleCache.MountBench;

/// <summary>Why a row may fall short, beside what the run has measured of it.</summary>
internal static class Causes
{
    /// <summary>Null: the figures of the row's note are all that is known.</summary>
    public static string? Of(string row) =>
        row.StartsWith("memory", StringComparison.Ordinal) ? Memory : null;

    private const string Memory =
        "the rest is room to grow, arrays that were outgrown and not yet collected, and the "
        + "runtime's own; not tried: nodeids that say where their record lies, which would spare "
        + "one of the table's two indexes; the peer's figure leaves out the open file that it "
        + "keeps for each inode, which the kernel holds: see the row with the kernel's part";
}
