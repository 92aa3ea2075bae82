using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Server.Sessions;

/// <summary>When the kernel reads directories with READDIRPLUS.</summary>
public enum ReadDirPlusMode
{
    /// <summary>Never: READDIR only.</summary>
    Off,

    /// <summary>Always.</summary>
    On,

    /// <summary>When the caller seems to want attributes (FUSE_READDIRPLUS_AUTO).</summary>
    Auto,
}

/// <summary>What a server asks for in INIT, and how it works.</summary>
public sealed record SessionOptions
{
    /// <summary>Threads that read requests, each on its own port; at least 1.</summary>
    public int Workers { get; init; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>Largest WRITE, bytes; the kernel may offer less.</summary>
    public int MaxWriteBytes { get; init; } = 1 << 20;

    /// <summary>Readahead bound handed back to the kernel, bytes.</summary>
    public uint MaxReadaheadBytes { get; init; } = 1 << 17;

    /// <summary>FUSE_EXPORT_SUPPORT: LOOKUP of "." and ".." for any nodeid ever given.</summary>
    public bool ExportSupport { get; init; }

    public ReadDirPlusMode ReadDirPlus { get; init; } = ReadDirPlusMode.Auto;

    /// <summary>FUSE_WRITEBACK_CACHE.</summary>
    public bool WritebackCache { get; init; }

    /// <summary>
    /// FUSE_OVER_IO_URING: the channel is a <see cref="Channels.RingChannel"/>, and
    /// <see cref="Workers"/> as many as that needs.
    /// </summary>
    public bool OverIoUring { get; init; }

    /// <summary>
    /// FUSE_PASSTHROUGH, where the channel has backing files: the kernel reads and writes files by
    /// itself. It does not do so beside a writeback cache (process_init_reply(), fs/fuse/inode.c).
    /// </summary>
    public bool Backing { get; init; }

    /// <summary>Dialect offered back when the other side offers it; classic otherwise.</summary>
    public Dialect Dialect { get; init; } = Dialect.Classic;

    /// <summary>
    /// The type of file system that is mounted: a dialect of another type is not offered.
    /// </summary>
    public string FileSystemType { get; init; } = HandleOffer.TodaysFileSystemType;

    /// <summary>Longest handle this server sends, bytes.</summary>
    public int MaxHandleBytes { get; init; } = FuseConstants.MAX_HANDLE_SZ;

    /// <summary>Features asked for beside the usual ones, and usual ones that are not.</summary>
    public FuseInitFlags Also { get; init; }

    public FuseInitFlags Without { get; init; }

    /// <summary>The features asked for; what the kernel does not offer is left out.</summary>
    public FuseInitFlags WantedFlags
    {
        get
        {
            FuseInitFlags flags = FuseInitFlags.FUSE_ASYNC_READ
                | FuseInitFlags.FUSE_ATOMIC_O_TRUNC
                | FuseInitFlags.FUSE_BIG_WRITES
                | FuseInitFlags.FUSE_DONT_MASK
                | FuseInitFlags.FUSE_AUTO_INVAL_DATA
                | FuseInitFlags.FUSE_ASYNC_DIO
                | FuseInitFlags.FUSE_PARALLEL_DIROPS
                | FuseInitFlags.FUSE_HANDLE_KILLPRIV_V2
                | FuseInitFlags.FUSE_ABORT_ERROR
                | FuseInitFlags.FUSE_MAX_PAGES
                | FuseInitFlags.FUSE_SETXATTR_EXT
                | FuseInitFlags.FUSE_CREATE_SUPP_GROUP
                | FuseInitFlags.FUSE_HAS_EXPIRE_ONLY
                | FuseInitFlags.FUSE_HAS_RESEND
                | FuseInitFlags.FUSE_POSIX_ACL
                | FuseInitFlags.FUSE_INIT_EXT;
            if (ReadDirPlus != ReadDirPlusMode.Off)
                flags |= FuseInitFlags.FUSE_DO_READDIRPLUS;
            if (ReadDirPlus == ReadDirPlusMode.Auto)
                flags |= FuseInitFlags.FUSE_READDIRPLUS_AUTO;
            if (ExportSupport)
                flags |= FuseInitFlags.FUSE_EXPORT_SUPPORT;
            if (WritebackCache)
                flags |= FuseInitFlags.FUSE_WRITEBACK_CACHE;
            if (Backing && !WritebackCache)
                flags |= FuseInitFlags.FUSE_PASSTHROUGH;
            if (OverIoUring)
                flags |= FuseInitFlags.FUSE_OVER_IO_URING;
            return (flags | Also) & ~Without;
        }
    }
}
