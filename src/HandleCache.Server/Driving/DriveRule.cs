namespace HandleCache.Server.Driving;

/// <summary>A rule that every FUSE server keeps.</summary>
/// <param name="Name">In all outputs.</param>
/// <param name="Kernel">The function of the kernel that relies on it (v6.18).</param>
public sealed record DriveRule(string Name, string Kernel)
{
    /// <summary>A reply has the length that was asked for, and says so itself.</summary>
    public static DriveRule ReplyShape { get; } = new(
        "reply-shape", "fuse_copy_out_args() and fuse_dev_do_write(), fs/fuse/dev.c");

    /// <summary>A reply's error lies in -511..0 and is one that Linux has.</summary>
    public static DriveRule ReplyErrno { get; } = new(
        "reply-errno", "fuse_dev_do_write(), fs/fuse/dev.c");

    /// <summary>A reply is to a request that waits for one.</summary>
    public static DriveRule ReplyUnique { get; } = new(
        "reply-unique", "fuse_request_find(), fs/fuse/dev.c");

    /// <summary>Each request gets its reply.</summary>
    public static DriveRule NoReply { get; } = new(
        "no-reply", "request_wait_answer(), fs/fuse/dev.c: the caller cannot be killed");

    /// <summary>A listing ends, and so does every other call.</summary>
    public static DriveRule ListingEnds { get; } = new(
        "listing-ends", "fuse_readdir_uncached(), fs/fuse/readdir.c: on to an empty reply");

    /// <summary>
    /// An INTERRUPT is answered with EAGAIN (send it again), with ENOSYS (send none any more), or
    /// not at all.
    /// </summary>
    public static DriveRule InterruptReply { get; } = new(
        "interrupt-reply", "fuse_dev_do_write(), fs/fuse/dev.c: FUSE_INT_REQ_BIT");

    /// <summary>The server lives.</summary>
    public static DriveRule ServerDeath { get; } = new(
        "server-death", "fuse_abort_conn(), fs/fuse/dev.c: every caller gets ENOTCONN");

    /// <summary>Generation and type of a nodeid that the kernel holds do not change.</summary>
    public static DriveRule EntryIdentity { get; } = new(
        "entry-identity", "fuse_iget() and fuse_stale_inode(), fs/fuse/inode.c");

    /// <summary>A nodeid that the kernel holds is one object, by its inode number.</summary>
    public static DriveRule InodeNumber { get; } = new(
        "inode-number", "fuse_iget(), fs/fuse/inode.c: a nodeid is one inode");

    /// <summary>
    /// With FUSE_EXPORT_SUPPORT nodeid and generation are never given again for another object.
    /// </summary>
    public static DriveRule GenerationReuse { get; } = new(
        "generation-reuse", "fuse_get_dentry(), fs/fuse/inode.c: an exported file handle");

    /// <summary>Attributes do not change the type of the object.</summary>
    public static DriveRule AttrType { get; } = new(
        "attr-type", "fuse_do_getattr(), fs/fuse/dir.c: the inode becomes bad, EIO");

    /// <summary>What was made has the type asked for and possible attributes.</summary>
    public static DriveRule EntryValid { get; } = new(
        "entry-valid", "fuse_invalid_attr() and create_new_entry(), fs/fuse/dir.c: EIO");

    /// <summary>
    /// The server knows a nodeid until all its lookups were taken back by FORGET.
    /// </summary>
    public static DriveRule LookupCounts { get; } = new(
        "lookup-counts", "fuse_evict_inode(), fs/fuse/inode.c: nlookup");

    /// <summary>
    /// A request about a nodeid, not about a name, is answered ESTALE where there is no such
    /// object: ENOENT says that there is no such name.
    /// </summary>
    public static DriveRule ErrnoClass { get; } = new(
        "errno-class", "retry_estale(), include/linux/namei.h: ENOENT is not looked up again");

    /// <summary>
    /// A new server neither takes a nodeid of an earlier life for another object nor gives it to
    /// one while the kernel holds it.
    /// </summary>
    public static DriveRule RestartObject { get; } = new(
        "restart-object", "fuse_iget() and fuse_evict_inode(), fs/fuse/inode.c");

    /// <summary>The kernel found nothing to refuse (EIO) in a reply without an error.</summary>
    public static DriveRule KernelRefuses { get; } = new(
        "kernel-refuses", "fs/fuse/dir.c, readdir.c and file.c: EIO for what cannot be");

    /// <summary>A call ends as it does on the directory that is served.</summary>
    public static DriveRule SameOutcome { get; } = new(
        "same-outcome", "vfs_statx(), fs/stat.c: what the caller sees");

    /// <summary>stat, names, targets and contents are those of the directory served.</summary>
    public static DriveRule SameObject { get; } = new(
        "same-object", "fuse_getattr(), fuse_readdir() and fuse_file_read_iter()");

    /// <summary>Every rule.</summary>
    public static IReadOnlyList<DriveRule> All { get; } =
    [
        ReplyShape, ReplyErrno, ReplyUnique, NoReply, ListingEnds, InterruptReply, ServerDeath,
        EntryIdentity, InodeNumber, GenerationReuse, AttrType, EntryValid, LookupCounts,
        ErrnoClass, RestartObject, KernelRefuses, SameOutcome, SameObject,
    ];

    /// <summary>Those after which kernel and caller can go on.</summary>
    public static IReadOnlyList<DriveRule> Allowable { get; } =
    [
        ReplyUnique, InterruptReply, EntryIdentity, InodeNumber, GenerationReuse, AttrType,
        EntryValid, LookupCounts, ErrnoClass, RestartObject, KernelRefuses, SameOutcome,
        SameObject,
    ];
}

/// <summary>A rule was broken: ends the script.</summary>
/// <param name="finding">Which, and by what.</param>
public sealed class RuleBrokenException(DriveFinding finding)
    : Exception($"{finding.Rule}: {finding.Message}; request: {finding.Request}")
{
    public DriveFinding Finding { get; } = finding;
}
