using HandleCache.Model.Inodes;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Model.Kernel;

/// <summary>What a <see cref="ModelKernel"/> is built for; fixed for its life.</summary>
public sealed record ModelKernelOptions
{
    public FuseInodeCacheOptions Inodes { get; init; } = new();

    /// <summary>Which kernel is modelled (<see cref="VersionRule"/>).</summary>
    public KernelVersion Version { get; init; } = new(6, 18);

    /// <summary>The handle dialect offered in INIT.</summary>
    public Dialect Dialect { get; init; } = Dialect.Classic;

    /// <summary>LOOKUP goes without the parent's handle, to see what that breaks (T8).</summary>
    public bool NoParentHandle { get; init; }

    /// <summary>Told of every entry that is taken for an inode; null for nobody.</summary>
    public IEntryObserver? Entries { get; init; }

    /// <summary>What the kernel offers in INIT (fuse_new_init(), v6.18).</summary>
    public FuseInitFlags Offered { get; init; } = DefaultOffer;

    /// <summary>/proc/sys/fs/protected_hardlinks.</summary>
    public bool ProtectedHardlinks { get; init; } = true;

    /// <summary>max_readahead of INIT: the bdi's, bytes.</summary>
    public uint MaxReadaheadBytes { get; init; } = 1 << 17;

    public const FuseInitFlags DefaultOffer =
        FuseInitFlags.FUSE_ASYNC_READ | FuseInitFlags.FUSE_POSIX_LOCKS
        | FuseInitFlags.FUSE_ATOMIC_O_TRUNC | FuseInitFlags.FUSE_EXPORT_SUPPORT
        | FuseInitFlags.FUSE_BIG_WRITES | FuseInitFlags.FUSE_DONT_MASK
        | FuseInitFlags.FUSE_SPLICE_WRITE | FuseInitFlags.FUSE_SPLICE_MOVE
        | FuseInitFlags.FUSE_SPLICE_READ | FuseInitFlags.FUSE_FLOCK_LOCKS
        | FuseInitFlags.FUSE_HAS_IOCTL_DIR | FuseInitFlags.FUSE_AUTO_INVAL_DATA
        | FuseInitFlags.FUSE_DO_READDIRPLUS | FuseInitFlags.FUSE_READDIRPLUS_AUTO
        | FuseInitFlags.FUSE_ASYNC_DIO | FuseInitFlags.FUSE_PARALLEL_DIROPS
        | FuseInitFlags.FUSE_HANDLE_KILLPRIV | FuseInitFlags.FUSE_POSIX_ACL
        | FuseInitFlags.FUSE_ABORT_ERROR | FuseInitFlags.FUSE_MAX_PAGES
        | FuseInitFlags.FUSE_NO_OPEN_SUPPORT | FuseInitFlags.FUSE_NO_OPENDIR_SUPPORT
        | FuseInitFlags.FUSE_EXPLICIT_INVAL_DATA | FuseInitFlags.FUSE_HANDLE_KILLPRIV_V2
        | FuseInitFlags.FUSE_SETXATTR_EXT | FuseInitFlags.FUSE_INIT_EXT
        | FuseInitFlags.FUSE_CREATE_SUPP_GROUP | FuseInitFlags.FUSE_HAS_EXPIRE_ONLY
        | FuseInitFlags.FUSE_NO_EXPORT_SUPPORT | FuseInitFlags.FUSE_HAS_RESEND
        | FuseInitFlags.FUSE_ALLOW_IDMAP | FuseInitFlags.FUSE_SUBMOUNTS;
}
