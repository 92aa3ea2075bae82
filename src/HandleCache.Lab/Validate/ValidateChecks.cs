using HandleCache.Model.Traffic;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Validate;

/// <summary>
/// Names of the checks that validate makes itself; the tap's are in TrafficChecks.
/// </summary>
public static class ValidateChecks
{
    /// <summary>
    /// The handle the model holds for a nodeid is, byte for byte, what name_to_handle_at gives
    /// for that file now.
    /// </summary>
    public const string HandleBytes = "handle-bytes";

    /// <summary>
    /// name_to_handle_at on the mount gives what the model predicts (0x81, nodeid, generation),
    /// and open_by_handle_at does what it predicts, cached and evicted (R14).
    /// </summary>
    public const string ExportHandle = "export-handle";

    /// <summary>The handle of a deleted file gives ESTALE.</summary>
    public const string StaleHandle = "stale-handle";

    /// <summary>Type and generation of an inode in the model are those the mount shows.</summary>
    public const string InodeState = "inode-state";

    /// <summary>Every system call of the workload gave what POSIX implies.</summary>
    public const string Syscalls = "syscalls";

    /// <summary>After every dentry was evicted the model holds the root alone.</summary>
    public const string AllForgotten = "all-forgotten";

    /// <summary>
    /// The server's own table holds the nodeids and lookups that it has given the kernel.
    /// </summary>
    public const string ServerTable = "server-table";

    /// <summary>Live inodes of the model are the kernel's fuse_inode objects.</summary>
    public const string SlabObjects = "slab-objects";

    /// <summary>Slabs of fuse_inode and of its memcg vector are as many as predicted.</summary>
    public const string SlabPages = "slab-pages";

    /// <summary>
    /// Random scripts on the running and on the modelled kernel: results and requests are equal.
    /// </summary>
    public const string Differential = "differential";

    /// <summary>
    /// Scripts in a dialect, on the modelled kernel and server: results and cache contents are
    /// those of today's protocol but for what
    /// <see cref="Lab.Differential.DialectDifference"/> names.
    /// </summary>
    public static string OfDialect(Dialect dialect)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        return $"dialect-{dialect.Name}";
    }

    /// <summary>
    /// The modelled kernel offers in INIT, field by field, what the running one does.
    /// </summary>
    public const string InitOffer = "init-offer";

    /// <summary>
    /// Checks that every run must compare something in: one that compared nothing has not passed.
    /// </summary>
    public static IReadOnlyList<string> Mandatory { get; } =
    [
        TrafficChecks.LiveNodeIds, TrafficChecks.EntryIdentity, TrafficChecks.ForgetNLookup,
        TrafficChecks.CacheValid, Syscalls, ExportHandle, HandleBytes, StaleHandle, InodeState,
        AllForgotten, ServerTable,
    ];

    /// <summary>
    /// Those, but for what the dialect's entries leave nothing to compare of.
    /// </summary>
    public static IEnumerable<string> MandatoryFor(Dialect dialect) => Mandatory.Where(check =>
        !(check == HandleBytes && !dialect.CarriesHandles)
        && !(check == InodeState && dialect.AsksStatx));
}
