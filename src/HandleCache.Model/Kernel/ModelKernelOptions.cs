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

    /// <summary>Rules of that version which a patched kernel does not keep.</summary>
    public IReadOnlyList<VersionRule> Backported { get; init; } = [];

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

    /// <summary>
    /// The mount option default_permissions: the kernel checks permissions, as it also does with
    /// FUSE_POSIX_ACL.
    /// </summary>
    public bool DefaultPermissions { get; init; }

    /// <summary>
    /// The root's access control list is asked for each time only until it is first forgotten:
    /// so in releases before a fix of 2026 (NoiseRules, "root-acl").
    /// </summary>
    public bool ForgettingKeepsRootList { get; init; }

    /// <summary>max_readahead of INIT: the bdi's, bytes.</summary>
    public uint MaxReadaheadBytes { get; init; } = 1 << 17;

    /// <summary>
    /// What fuse_new_init() offers on /dev/fuse whatever the machine, v6.18. What depends on the
    /// kernel's build or its parameters is <see cref="MachineOffer"/>.
    /// </summary>
    public const FuseInitFlags DefaultOffer =
        FuseInitFlags.FUSE_ASYNC_READ | FuseInitFlags.FUSE_POSIX_LOCKS
        | FuseInitFlags.FUSE_ATOMIC_O_TRUNC | FuseInitFlags.FUSE_EXPORT_SUPPORT
        | FuseInitFlags.FUSE_BIG_WRITES | FuseInitFlags.FUSE_DONT_MASK
        | FuseInitFlags.FUSE_SPLICE_WRITE | FuseInitFlags.FUSE_SPLICE_MOVE
        | FuseInitFlags.FUSE_SPLICE_READ | FuseInitFlags.FUSE_FLOCK_LOCKS
        | FuseInitFlags.FUSE_HAS_IOCTL_DIR | FuseInitFlags.FUSE_AUTO_INVAL_DATA
        | FuseInitFlags.FUSE_DO_READDIRPLUS | FuseInitFlags.FUSE_READDIRPLUS_AUTO
        | FuseInitFlags.FUSE_ASYNC_DIO | FuseInitFlags.FUSE_WRITEBACK_CACHE
        | FuseInitFlags.FUSE_NO_OPEN_SUPPORT | FuseInitFlags.FUSE_PARALLEL_DIROPS
        | FuseInitFlags.FUSE_HANDLE_KILLPRIV | FuseInitFlags.FUSE_POSIX_ACL
        | FuseInitFlags.FUSE_ABORT_ERROR | FuseInitFlags.FUSE_MAX_PAGES
        | FuseInitFlags.FUSE_CACHE_SYMLINKS | FuseInitFlags.FUSE_NO_OPENDIR_SUPPORT
        | FuseInitFlags.FUSE_EXPLICIT_INVAL_DATA | FuseInitFlags.FUSE_HANDLE_KILLPRIV_V2
        | FuseInitFlags.FUSE_SETXATTR_EXT | FuseInitFlags.FUSE_INIT_EXT
        | FuseInitFlags.FUSE_SECURITY_CTX | FuseInitFlags.FUSE_CREATE_SUPP_GROUP
        | FuseInitFlags.FUSE_HAS_EXPIRE_ONLY | FuseInitFlags.FUSE_DIRECT_IO_ALLOW_MMAP
        | FuseInitFlags.FUSE_NO_EXPORT_SUPPORT | FuseInitFlags.FUSE_HAS_RESEND
        | FuseInitFlags.FUSE_ALLOW_IDMAP | FuseInitFlags.FUSE_REQUEST_TIMEOUT;

    /// <summary>
    /// Offered with CONFIG_FUSE_DAX, CONFIG_FUSE_PASSTHROUGH and fuse.enable_uring alone: no rule
    /// that is modelled depends on them.
    /// </summary>
    public const FuseInitFlags MachineOffer =
        FuseInitFlags.FUSE_MAP_ALIGNMENT | FuseInitFlags.FUSE_HAS_INODE_DAX
        | FuseInitFlags.FUSE_PASSTHROUGH | FuseInitFlags.FUSE_OVER_IO_URING;
}
