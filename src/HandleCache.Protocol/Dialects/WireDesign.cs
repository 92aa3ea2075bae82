using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// What a design says about the wire and about identity: the half of a design file that kernel
/// and server must agree on (models/README.md). The other half, how the kernel keeps the
/// handle, is the memory model's.
/// </summary>
public sealed record WireDesign
{
    public required string Name { get; init; }

    public HandleOptIn OptIn { get; init; } = HandleOptIn.InitBitAndMaximum;

    public DialectNumbers Numbers { get; init; } = new();

    /// <summary>Longest handle that may be agreed on, bytes.</summary>
    public int MaxHandleBytes { get; init; } = FuseConstants.MAX_HANDLE_SZ;

    /// <summary>How an operation and its entry are framed on the wire.</summary>
    public DesignFraming Framing { get; init; }

    public HandleEncoding Encoding { get; init; } = new();

    /// <summary>Operations whose reply returns the new inode's handle.</summary>
    public IReadOnlyList<FuseOpcode> Returns { get; init; } = [];

    public HandleCarriage Carriage { get; init; }

    public HandlePosition Position { get; init; }

    /// <summary>A reply must bring a handle for every inode but the root.</summary>
    public bool RequiresHandle { get; init; }

    /// <summary>
    /// A FORGET takes back one lookup, for all of an inode's life in the kernel's cache.
    /// </summary>
    public bool ForgetsOne { get; init; }

    public ExportForm Export { get; init; }

    /// <summary>
    /// What comes back by an exported handle is asked for by LOOKUP of "." though its inode is
    /// cached, where no name of it was looked up since INC_EPOCH: another server may not know it.
    /// What it answers is taken under any nodeid if the handle is the same.
    /// </summary>
    public bool ExportAsksAnew { get; init; }

    /// <summary>By what an inode is found, and what of a reply must agree with it.</summary>
    public HandleIdentity Identity { get; init; } = HandleIdentity.Sound;

    /// <summary>How the kernel is to keep the handle, as a command line spells it.</summary>
    public PostedStorage Storage { get; init; } = PostedStorage.OfTheThread;

    /// <summary>Known defects that the design has (PROPOSALS.md, section 3).</summary>
    public DesignDefects Defects { get; init; }

    /// <summary>Whether handles travel at all.</summary>
    public bool HasHandles => OptIn != HandleOptIn.None && MaxHandleBytes > 0;

    /// <summary>Entries have no generation, and attributes come by STATX.</summary>
    public bool IsFusex => Framing is DesignFraming.Fusex or DesignFraming.FusexCompound;

    /// <summary>The same without its defects.</summary>
    public WireDesign WithoutDefects() => this with { Defects = DesignDefects.None };

    /// <summary>The dialect that speaks it.</summary>
    public Dialect ToDialect() => Framing switch
    {
        DesignFraming.Plain => new DesignDialect(this),
        DesignFraming.V3 => new V3Dialect(ToOptions()),
        DesignFraming.Fusex => new FusexDialect(ToOptions(), MaxHandleBytes),
        DesignFraming.FusexCompound => new FusexCompoundDialect(ToOptions(), MaxHandleBytes),
        _ => throw new InvalidOperationException($"unknown framing {Framing}"),
    };

    /// <summary>The defects as the framings in code and the modelled cache ask for them.</summary>
    internal DialectOptions ToOptions() => new()
    {
        Name = Name,
        Numbers = Numbers,
        HandleInEveryRequest = Carriage == HandleCarriage.EveryNodeId,
        Identity = Identity,
        RequiresHandle = RequiresHandle,
        Storage = Storage,
        Defects = [.. DesignDefect.All.Where(d => (Defects & d.Flag) != 0).Select(d => d.AsPosted)],
    };
}

/// <summary>How an operation and its entry are framed.</summary>
public enum DesignFraming
{
    /// <summary>Today's messages, the handle behind the entry.</summary>
    Plain,

    /// <summary>The compounds of LOOKUP_HANDLE v3 (<see cref="V3Dialect"/>).</summary>
    V3,

    /// <summary>fusex (<see cref="FusexDialect"/>).</summary>
    Fusex,

    /// <summary>fusex with compounds (<see cref="FusexCompoundDialect"/>).</summary>
    FusexCompound,
}

/// <summary>Which requests bring the handle of the inode that their nodeid names.</summary>
public enum HandleCarriage
{
    /// <summary>None: handles only come back.</summary>
    None,

    /// <summary>LOOKUP, the parent's (T8 of the thread).</summary>
    LookupParent,

    /// <summary>LOOKUP and the operations that make an entry, the parent's.</summary>
    Parent,

    /// <summary>Every request about an inode.</summary>
    EveryNodeId,
}

/// <summary>Where in a request the handle stands.</summary>
public enum HandlePosition
{
    /// <summary>One more in-argument behind the operation's own.</summary>
    Argument,

    /// <summary>A record FUSE_EXT_HANDLE with the handle as the design encodes it.</summary>
    Extension,

    /// <summary>An extension record that names the nodeid, too.</summary>
    NodeRecord,
}

/// <summary>What name_to_handle_at(2) gives out for an inode of the mount.</summary>
public enum ExportForm
{
    /// <summary>Today's: nodeid and generation.</summary>
    NodeId,

    /// <summary>The server's handle alone, as the review of v2 asked.</summary>
    Handle,

    /// <summary>Nodeid, generation and handle (v2).</summary>
    Both,
}
