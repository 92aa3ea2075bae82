namespace HandleCache.MountBench;

/// <summary>Why a row may fall short, beside what the run has measured of it.</summary>
internal static class Causes
{
    /// <summary>Null: the figures of the row's note are all that is known.</summary>
    public static string? Of(string row) => row switch
    {
        _ when row.StartsWith("memory", StringComparison.Ordinal) => Memory,
        _ when row.StartsWith("random", StringComparison.Ordinal)
            && row.EndsWith("in the kernel", StringComparison.Ordinal) => Backed,
        _ => null,
    };

    private const string Backed =
        "no request reaches the server; by a profile of both, the kernel's own way to the backing "
        + "file is what a call adds to the 1.3 us in the source (fuse_file_read_iter(), "
        + "fuse_passthrough_read_iter(), backing_file_read_iter(), vfs_iter_read(), "
        + "rw_verify_area() once more, fuse_invalidate_atime(); of a write the same and "
        + "fuse_write_update_attr()): 0.17 us a read, 0.19 us a write";

    private const string Memory =
        "the rest is room to grow, arrays that were outgrown and not yet collected, and the "
        + "runtime's own; not tried: nodeids that say where their record lies, which would spare "
        + "one of the table's two indexes; the peer's figure leaves out the open file that it "
        + "keeps for each inode, which the kernel holds: see the row with the kernel's part";
}
