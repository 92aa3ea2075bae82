namespace HandleCache.Lab.Restart;

/// <summary>
/// What becomes of files that the kernel reads and writes by itself (FUSE_PASSTHROUGH) when their
/// server dies and the connection lives. Ids belong to the connection, not to the server
/// (fuse_backing_id_alloc(), fs/fuse/passthrough.c, v6.9); while an inode is open by one, an OPEN
/// that is answered otherwise is EIO (fuse_inode_uncached_io_start() and
/// fuse_inode_cached_io_start(), fs/fuse/iomode.c).
/// </summary>
/// <param name="Name">What is done after the death.</param>
/// <param name="Predicted">What comes of it.</param>
public sealed record BackingRule(string Name, string Predicted)
{
    internal const string Works = "works, no request";
    internal const string Served = "works, by requests";
    internal const string Refused = "EIO";

    internal static readonly BackingRule Survives = new("read, write: open from before", Works);
    internal static readonly BackingRule Plain = new("open beside it, answered plainly", Refused);
    internal static readonly BackingRule OwnId = new("open beside it, with a new id", Refused);
    internal static readonly BackingRule KnownId = new("open beside it, with the old id", Works);
    internal static readonly BackingRule PlainLater = new("all closed, then plainly", Served);
    internal static readonly BackingRule OwnIdLater = new("all closed, with a new id", Works);
    internal static readonly BackingRule KnownIdLater = new("all closed, with the old id", Works);

    /// <summary>In the order in which they are tried.</summary>
    public static IReadOnlyList<BackingRule> All { get; } =
        [Survives, Plain, OwnId, KnownId, PlainLater, OwnIdLater, KnownIdLater];
}

/// <summary>A rule, and what the running kernel did.</summary>
public sealed record BackingRow(string Name, string Predicted, string Measured)
{
    public bool Holds => string.Equals(Predicted, Measured, StringComparison.Ordinal);
}

/// <summary>The rows; where there are none, why not.</summary>
public sealed record BackingResult(IReadOnlyList<BackingRow> Rows, string? NotMeasured)
{
    public bool Holds => Rows.All(row => row.Holds);
}
