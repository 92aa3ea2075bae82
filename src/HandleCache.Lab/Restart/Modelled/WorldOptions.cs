using HandleCache.Model.Handles;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>What a modelled world is built for; fixed for its life.</summary>
public sealed record WorldOptions
{
    public Dialect Dialect { get; init; } = Dialect.Classic;

    public NodeIdPolicy NodeIds { get; init; } = NodeIdPolicy.PerLife;

    /// <summary>
    /// Handles are the store's and outlive the server; else they are the server's own, and its
    /// life is their generation.
    /// </summary>
    public bool PersistentHandles { get; init; } = true;

    /// <summary>Length of every handle, bytes; at least 12.</summary>
    public int HandleBytes { get; init; } = 12;

    /// <summary>The server's maximum in INIT, bytes; null: the dialect's own.</summary>
    public int? AgreedHandleBytes { get; init; }

    /// <summary>How the kernel keeps handles.</summary>
    public HandleStrategy Strategy { get; init; } = HandleStrategy.Inline(12);

    /// <summary>LOOKUP goes without the parent's handle (T8 of the thread).</summary>
    public bool NoParentHandle { get; init; }

    /// <summary>
    /// A new server says so (FUSE_NOTIFY_INC_EPOCH): every name is looked up anew on its next use.
    /// </summary>
    public bool Epoch { get; init; }

    /// <summary>
    /// What the server says to the compounds in <see cref="Declined"/>; success: it takes them.
    /// </summary>
    public Errno CompoundErrno { get; init; }

    /// <summary>Today's operations whose compounds it does not take.</summary>
    public IReadOnlyList<FuseOpcode> Declined { get; init; } =
        [FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_CREATE];

    /// <summary>
    /// After a restart every cached inode is asked for at once, before anything else; else each
    /// on its next use.
    /// </summary>
    public bool Storm { get; init; }
}

/// <summary>What a modelled server takes for nodeids.</summary>
public enum NodeIdPolicy
{
    /// <summary>Its own life and a counter: those of two lives never collide.</summary>
    PerLife,

    /// <summary>
    /// Inode numbers, as many servers do, without a generation: a nodeid of a life before is
    /// taken at its word where no handle says otherwise.
    /// </summary>
    InodeNumber,

    /// <summary>
    /// 2, 3, ... as objects are first looked up, from the start in each life, as many servers do,
    /// without a generation.
    /// </summary>
    Counter,
}
