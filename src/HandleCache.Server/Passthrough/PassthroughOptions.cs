namespace HandleCache.Server.Passthrough;

/// <summary>How a passthrough file system serves its source.</summary>
public sealed record PassthroughOptions
{
    /// <summary>O_PATH descriptors kept open between requests, at most.</summary>
    public int CachedDescriptors { get; init; } = 256;

    /// <summary>
    /// Descriptors of all kinds, about; null: as many as the process may have (RLIMIT_NOFILE).
    /// </summary>
    public int? MostDescriptors { get; init; }

    public ForgottenHandles Forgotten { get; init; } = ForgottenHandles.Drop;

    /// <summary>How long the kernel may believe a name (entry_valid).</summary>
    public TimeSpan EntryValid { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the kernel may believe attributes (attr_valid).</summary>
    public TimeSpan AttributeValid { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Those of directories; null: as long as of other inodes.</summary>
    public TimeSpan? DirectoryAttributeValid { get; init; }

    /// <summary>
    /// How long the kernel may believe that a name is absent; zero asks each time.
    /// </summary>
    public TimeSpan NegativeValid { get; init; }

    /// <summary>Pages stay cached from one open to the next (FOPEN_KEEP_CACHE).</summary>
    public bool KeepCache { get; init; }

    /// <summary>
    /// Generation of every nodeid but the root's and those that are handles. Nodeids are never
    /// given again on one mount, so one number serves all; different mounts take different ones,
    /// so that a handle of an earlier mount is stale and never another object's.
    /// </summary>
    public uint Generation { get; init; } = 1;

    /// <summary>
    /// First nodeid given out (the root is 1). A later life of the server begins above those of
    /// the lives before.
    /// </summary>
    public ulong FirstNodeId { get; init; } = 2;

    /// <summary>First fh given out; above those of the lives before.</summary>
    public ulong FirstFh { get; init; } = 1;

    /// <summary>Tells nodeids of earlier lives; null for a server that has only one life.</summary>
    public IKnownNodes? KnownNodes { get; init; }

    /// <summary>Told of requests that came again and were settled; null for nobody.</summary>
    public Action<ResentRule, bool>? Settled { get; init; }

    /// <summary>
    /// The kernel's offset of a WRITE counts also where the file was opened with O_APPEND. A
    /// WRITE that comes again must not append twice.
    /// </summary>
    public bool KernelAppends { get; init; }
}

/// <summary>What a server does with a nodeid that the kernel has forgotten.</summary>
public enum ForgottenHandles
{
    /// <summary>Drops it: an exported handle is stale once the kernel evicted the inode.</summary>
    Drop,

    /// <summary>
    /// Remembers nodeid and handle as long as the file exists, so that LOOKUP of "." finds it
    /// again (export mode <c>table</c>; needs FUSE_EXPORT_SUPPORT).
    /// </summary>
    Remember,

    /// <summary>
    /// The nodeid is the handle, where it fits (<see cref="StatelessNodes"/>): an exported handle
    /// stays good after FORGET, after a restart and after another mount. Objects whose handles do
    /// not fit are remembered. Only for a source that is a whole file system: any object of it can
    /// be reached.
    /// </summary>
    Stateless,
}
