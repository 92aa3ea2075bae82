using HandleCache.Model.Slab;

namespace HandleCache.Model.Kernel;

/// <summary>
/// One way in which kernel versions differ. The modelled kernel follows v6.18; where another
/// version does otherwise, that is a row of <see cref="All"/> and nowhere else.
/// </summary>
/// <param name="Name">Kebab-case.</param>
/// <param name="First">The first version that does it.</param>
/// <param name="Last">The last one; null where every later version does.</param>
/// <param name="Function">The kernel function, and its file.</param>
/// <param name="Commit">
/// The commit that brought it; empty where only the versions before and after were compared.
/// </param>
/// <param name="Source">The commit's subject or what else says so, and the releases.</param>
/// <param name="Description">What those versions do.</param>
public sealed partial record VersionRule(
    string Name,
    KernelVersion First,
    KernelVersion? Last,
    string Function,
    string Commit,
    string Source,
    string Description)
{
    /// <summary>The oldest version that is compared: what it does may be older.</summary>
    public static KernelVersion Oldest => new(5, 10);

    public static VersionRule InvalEntryNeedsInode { get; } = new(
        "inval-entry-needs-inode",
        new(6, 19),
        new(7, 0),
        "fuse_reverse_inval_entry(), fs/fuse/dir.c",
        "c9ba789dad15",
        "VFS: introduce start_creating_noperm() and start_removing_noperm(); 6.19, with "
        + "d_lookup() again from 7.1 on",
        "INVAL_ENTRY and DELETE of a negative dentry are ENOENT and change nothing");

    public static VersionRule DirectoryChangeKeepsOwner { get; } = new(
        "directory-change-keeps-owner",
        new(7, 2),
        null,
        "fuse_dir_changed(), fs/fuse/dir.c",
        "",
        "FUSE_STATX_MODDIR of fs/fuse/fuse_i.h; in 7.2.13 and 7.3.4, not in 7.1.13",
        "a changed directory keeps mode, owner and inode number: no GETATTR for permission");

    public static VersionRule ReadErrorLost { get; } = new(
        "read-error-lost",
        new(6, 19),
        null,
        "fuse_read_folio(), fs/fuse/file.c",
        "03e9618e8240",
        "fuse: use iomap for read_folio; 6.19: iomap_read_folio() returns nothing, and "
        + "filemap_read_folio() (mm/filemap.c) says EIO of a folio that is not up to date. Seen on "
        + "7.3.4, not on 6.12 and 6.18",
        "a READ for the page cache that the server refuses is EIO, whatever the server said");

    public static VersionRule Minor47 { get; } = new(
        "minor-47",
        new(7, 4),
        null,
        "fuse_new_init(), fs/fuse/inode.c",
        "",
        "include/uapi/linux/fuse.h of the maintainer's tree, 1073e571: FUSE_KERNEL_MINOR_VERSION, "
        + "fuse_open_out, FUSE_NOTIFY_BACKING_CLOSE, FUSE_NOTIFY_MAP",
        "an opened file's reply may have 24 bytes, and BACKING_CLOSE and MAP are no EINVAL");

    public static VersionRule ListingOfEpoch { get; } = new(
        "listing-of-epoch",
        new(7, 2),
        null,
        "fuse_readdir_cached(), fs/fuse/readdir.c",
        "",
        "rdc.epoch of struct fuse_inode, by BTF in 7.2.13 and 7.3.4, not in 7.1.13. Seen on 7.3.4",
        "after INC_EPOCH a cached directory is read from the server again");

    /// <summary>Every difference that is modelled.</summary>
    public static IReadOnlyList<VersionRule> All =>
    [
        InvalEntryNeedsInode, DirectoryChangeKeepsOwner, ReadErrorLost, Minor47, ListingOfEpoch,
        .. Older,
    ];

    public bool AppliesTo(KernelVersion version) =>
        version >= First && (Last is not { } last || version <= last);
}
