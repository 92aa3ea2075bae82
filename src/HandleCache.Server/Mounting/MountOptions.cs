using HandleCache.Linux;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Mounting;

/// <summary>What <c>mount</c> serves, where and how.</summary>
public sealed record MountOptions
{
    /// <summary>The directory that is served; its file system must have file handles.</summary>
    public required string Source { get; init; }

    /// <summary>An existing directory.</summary>
    public required string MountPoint { get; init; }

    /// <summary>How long the kernel may believe entries and attributes, seconds.</summary>
    public double TimeoutSeconds { get; init; } = 1;

    public ReadDirPlusMode ReadDirPlus { get; init; } = ReadDirPlusMode.Auto;

    /// <summary>
    /// FUSE_EXPORT_SUPPORT: the mount may be exported; forgotten nodes are remembered.
    /// </summary>
    public bool Export { get; init; }

    /// <summary>
    /// The same, and nodeids are handles: they stay good in other lives and mounts, too.
    /// </summary>
    public bool Stateless { get; init; }

    /// <summary>
    /// Generation of the nodeids that this mount gives out, in every life of its server; another
    /// mount has another.
    /// </summary>
    public uint Generation { get; init; } = 1;

    /// <summary>FUSE_WRITEBACK_CACHE.</summary>
    public bool Writeback { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Check the traffic against the model while it passes.</summary>
    public bool Model { get; init; }

    /// <summary>Record the traffic that the model sees in this file; null for none.</summary>
    public string? Record { get; init; }

    /// <summary>
    /// What the server speaks. Today's kernel has no handles: a bridge, or the keeper, translates.
    /// </summary>
    public Dialect Dialect { get; init; } = Dialect.Classic;

    /// <summary>
    /// How the command line spells it: the server process of a keeper is told so.
    /// </summary>
    public string DialectName { get; init; } = Dialect.Classic.Name;

    /// <summary>Survive the death of the server: a keeper holds the mount.</summary>
    public bool Keep { get; init; }

    /// <summary>Threads that read requests; with io_uring it is one for each queue.</summary>
    public int Workers { get; init; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>What carries the requests.</summary>
    public MountChannel Channel { get; init; } = MountChannel.Device;

    /// <summary>Whether the kernel reads and writes the source's files by itself.</summary>
    public BackingMode Backing { get; init; } = BackingMode.Auto;

    /// <summary>
    /// What keeps the kernel from it, of what was asked for beside; null for nothing. A keeper's
    /// next server would not know the ids, which the kernel does not tell.
    /// </summary>
    public string? WhyNotBacking => Writeback ? "--writeback"
        : Keep ? "--keep"
        : Model || Record is not null ? "--model and --record, which see READ and WRITE"
        : Dialect.HasOwnMessages ? $"--dialect {DialectName}"
        : null;

    /// <summary>Which FUSE of the kernel.</summary>
    public FuseDriver Driver { get; init; } = FuseDriver.BuiltIn;

    /// <summary>What mount(2) is called with.</summary>
    public FuseMountOptions Settings => new()
    {
        Driver = Driver,
        Source = Path.GetFullPath(Source),
        ReadOnly = ReadOnly,
        RootMode = FileModes.Directory,
    };

    /// <summary>What the server's session is made with.</summary>
    public SessionOptions Session => new()
    {
        Workers = Channel == MountChannel.Ring ? RingChannel.Workers : Workers,
        OverIoUring = Channel == MountChannel.Ring,
        ReadDirPlus = ReadDirPlus,
        ExportSupport = Export || Stateless,
        WritebackCache = Writeback,
        Backing = Backing != BackingMode.Off && WhyNotBacking is null,
        Dialect = Dialect,
    };
}

/// <summary>How requests come from the kernel.</summary>
public enum MountChannel
{
    /// <summary>read(2) and write(2) of /dev/fuse.</summary>
    Device,

    /// <summary>FUSE over io_uring: one queue for each processor.</summary>
    Ring,
}

/// <summary>Whether the kernel reads and writes files by itself (FUSE_PASSTHROUGH).</summary>
public enum BackingMode
{
    /// <summary>Where kernel, source and the other options allow it.</summary>
    Auto,

    /// <summary>Or the mount fails.</summary>
    On,

    /// <summary>Never: each READ and WRITE is a request.</summary>
    Off,
}
