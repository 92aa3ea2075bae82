using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// What INIT agreed on and what the server has shown not to know since (models struct fuse_conn
/// and process_init_reply(), fs/fuse/inode.c, v6.18).
/// </summary>
/// <param name="options">What the mount was made for.</param>
/// <param name="current">Who calls.</param>
internal sealed class Connection(ModelKernelOptions options, Current current)
{
    /// <summary>From which minor version on backing ids have 64 bits.</summary>
    private const uint BackingIdsMinor = 47;

    public Current Current => current;

    public FuseInitFlags Flags { get; private set; }

    public uint Minor { get; private set; }

    /// <summary>What INIT offers.</summary>
    public KernelOffer Offer => KernelOffer.Of(options.Version);

    /// <summary>
    /// fuse_open_out may have its backing id of 64 bits (7.47). Which length a server of that
    /// minor version must send is not known: both are taken.
    /// </summary>
    public bool TakesLongOpen => Minor >= BackingIdsMinor;

    public uint MaxWriteBytes { get; private set; } = 4096;

    public uint MaxPages { get; private set; } = 32;

    /// <summary>
    /// fc->name_max, bytes: more than <see cref="FuseConstants.FUSE_NAME_LOW_MAX"/> where a
    /// request may have a second page.
    /// </summary>
    public int NameMax => Has(FuseInitFlags.FUSE_MAX_PAGES) && MaxPages > 1
        && !Follows(VersionRule.NamesOfOnePage)
        ? FuseConstants.FUSE_NAME_MAX
        : FuseConstants.FUSE_NAME_LOW_MAX;

    public bool ExportSupport => Has(FuseInitFlags.FUSE_EXPORT_SUPPORT) && Minor >= 9;

    public bool NoExport => Has(FuseInitFlags.FUSE_NO_EXPORT_SUPPORT);

    public bool ReadDirPlus => Has(FuseInitFlags.FUSE_DO_READDIRPLUS);

    public bool ReadDirPlusAuto => Has(FuseInitFlags.FUSE_READDIRPLUS_AUTO);

    public bool AutoInvalData => Has(FuseInitFlags.FUSE_AUTO_INVAL_DATA);

    public bool ExplicitInvalData => Has(FuseInitFlags.FUSE_EXPLICIT_INVAL_DATA);

    public bool AtomicTruncate => Has(FuseInitFlags.FUSE_ATOMIC_O_TRUNC);

    public bool ParallelDirops => Has(FuseInitFlags.FUSE_PARALLEL_DIROPS);

    /// <summary>
    /// The kernel checks permissions itself: the mount option, which FUSE_POSIX_ACL implies.
    /// </summary>
    public bool DefaultPermissions => options.DefaultPermissions || PosixAcl;

    /// <summary>
    /// The server takes set-user-ID bits away; else the kernel does so by SETATTR.
    /// </summary>
    public bool ServerKillsPrivileges => KillPrivV2 || Has(FuseInitFlags.FUSE_HANDLE_KILLPRIV);

    /// <summary>The kernel asks for access control lists and checks by them.</summary>
    public bool PosixAcl => Has(FuseInitFlags.FUSE_POSIX_ACL);

    public bool Submounts => Has(FuseInitFlags.FUSE_SUBMOUNTS);

    public bool SetxattrExt => Has(FuseInitFlags.FUSE_SETXATTR_EXT);

    public bool KillPrivV2 => Has(FuseInitFlags.FUSE_HANDLE_KILLPRIV_V2);

    /// <summary>fc->attr_version; starts at 1.</summary>
    public ulong AttrVersion { get; private set; } = 1;

    public ulong NextAttrVersion() => ++AttrVersion;

    /// <summary>
    /// fuse_invalidate_attr_mask(): a request has changed these attributes (STATX_ bits).
    /// </summary>
    public void Outdate(FuseInode inode, uint mask) =>
        inode.InvalMask |= Follows(VersionRule.ChangesDoubtAll) ? StatxMask.BasicStats : mask;

    /// <summary>Whether the modelled version does as a rule says.</summary>
    public bool Follows(VersionRule rule) =>
        rule.AppliesTo(options.Version) && !options.Backported.Contains(rule);

    /// <summary>fc->epoch; starts at 1.</summary>
    public int Epoch { get; set; } = 1;

    /// <summary>Operations the server answered with ENOSYS, which are not asked again.</summary>
    public HashSet<FuseOpcode> Unsupported { get; private set; } = [];

    /// <summary>
    /// Takes the server's answer to INIT; what the kernel did not offer is ignored.
    /// </summary>
    public void Accept(in fuse_init_out init, FuseInitFlags offered)
    {
        Minor = Math.Min(init.minor, Offer.Minor);
        Flags = InitWords.Accepted(init) & offered;
        MaxWriteBytes = Math.Max(init.max_write, 4096u);
        if (Has(FuseInitFlags.FUSE_MAX_PAGES))
            MaxPages = Math.Clamp(init.max_pages, 1u, 256u);
    }

    /// <summary>The same for another kernel's callers.</summary>
    public Connection CopyFor(Current theirs) => new(options, theirs)
    {
        Flags = Flags,
        Minor = Minor,
        MaxWriteBytes = MaxWriteBytes,
        MaxPages = MaxPages,
        AttrVersion = AttrVersion,
        Epoch = Epoch,
        Unsupported = [.. Unsupported],
    };

    private bool Has(FuseInitFlags flag) => (Flags & flag) != 0;
}
