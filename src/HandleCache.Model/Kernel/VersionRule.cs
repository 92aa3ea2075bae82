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
public sealed record VersionRule(
    string Name,
    KernelVersion First,
    KernelVersion? Last,
    string Function,
    string Commit,
    string Source,
    string Description)
{
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

    public static VersionRule Minor46 { get; } = new(
        "minor-46",
        new(7, 3),
        null,
        "fuse_new_init(), fs/fuse/inode.c",
        "",
        "FUSE_KERNEL_MINOR_VERSION of include/uapi/linux/fuse.h; in 7.3.4, not in 7.2.13",
        "INIT offers minor version 46");

    public static VersionRule Minor47 { get; } = new(
        "minor-47",
        new(7, 4),
        null,
        "fuse_new_init(), fs/fuse/inode.c",
        "",
        "include/uapi/linux/fuse.h of the maintainer's tree, 1073e571: FUSE_KERNEL_MINOR_VERSION, "
        + "fuse_open_out, FUSE_NOTIFY_BACKING_CLOSE, FUSE_NOTIFY_MAP",
        "INIT offers minor version 47; with it an opened file's reply may have 24 bytes, and "
        + "BACKING_CLOSE and MAP are no EINVAL");

    public static VersionRule Minor41 { get; } = new(
        "minor-41",
        new(6, 12),
        new(6, 12),
        "fuse_send_init(), fs/fuse/inode.c",
        "",
        "FUSE_KERNEL_MINOR_VERSION of include/uapi/linux/fuse.h in 6.12.117",
        "INIT offers minor version 41 and no FUSE_REQUEST_TIMEOUT");

    public static VersionRule NamesOfOnePage { get; } = new(
        "names-of-one-page",
        new(6, 12),
        new(6, 12),
        "fuse_lookup_name(), fs/fuse/dir.c",
        "",
        "FUSE_NAME_MAX of fs/fuse/fuse_i.h in 6.12.117; name_max is in 6.18",
        "no name is longer than 1024 bytes, whatever INIT agrees on");

    public static VersionRule ListingOfOnePage { get; } = new(
        "listing-of-one-page",
        new(6, 12),
        new(6, 15),
        "fuse_readdir_uncached(), fs/fuse/readdir.c",
        "dabb90391028",
        "fuse: increase readdir buffer size; 6.16",
        "READDIR asks for one page, however large the caller's buffer is");

    public static VersionRule ListingOfEpoch { get; } = new(
        "listing-of-epoch",
        new(7, 2),
        null,
        "fuse_readdir_cached(), fs/fuse/readdir.c",
        "",
        "rdc.epoch of struct fuse_inode, by BTF in 7.2.13 and 7.3.4, not in 7.1.13. Seen on 7.3.4",
        "after INC_EPOCH a cached directory is read from the server again");

    public static VersionRule EpochUnknown { get; } = new(
        "epoch-unknown",
        new(6, 12),
        new(6, 12),
        "fuse_notify(), fs/fuse/dev.c",
        "",
        "FUSE_NOTIFY_INC_EPOCH is not in 6.12.117; it is in 6.16 (7.44)",
        "INC_EPOCH is EINVAL");

    public static VersionRule PruneUnknown { get; } = new(
        "prune-unknown",
        new(6, 12),
        new(6, 17),
        "fuse_notify(), fs/fuse/dev.c",
        "",
        "FUSE_NOTIFY_PRUNE is EINVAL on 6.12.118, 6.16.12 and 6.17.13, and in 6.18.15",
        "PRUNE is EINVAL");

    public static VersionRule ConnectableUnknown { get; } = new(
        "connectable-unknown",
        new(6, 12),
        new(6, 12),
        "name_to_handle_at(), fs/fhandle.c",
        "c374196b2b9f",
        "fs: name_to_handle_at() support for \"explicit connectable\" file handles; 6.13",
        "AT_HANDLE_CONNECTABLE is EINVAL before the path is walked");

    public static VersionRule ListingInterruptible { get; } = new(
        "listing-interruptible",
        new(6, 12),
        new(6, 15),
        "fuse_emit(), fs/fuse/readdir.c",
        "c31f91c6af96",
        "fuse: don't allow signals to interrupt getdents copying; not in 6.12.117, in 6.18",
        "getdents ends behind its first record with a signal pending");

    public static VersionRule SlashNotExclusive { get; } = new(
        "slash-not-exclusive",
        new(6, 12),
        new(6, 14),
        "filename_create(), fs/namei.c",
        "204a575e91f3",
        "VFS: add common error checks to lookup_one_qstr_excl(); 6.15. Seen on 6.12.117, not on "
        + "6.18",
        "a new name with a slash behind it that is no directory's is looked up without "
        + "LOOKUP_EXCL: a valid negative dentry is believed");

    /// <summary>Every difference that is modelled.</summary>
    public static IReadOnlyList<VersionRule> All { get; } =
    [
        InvalEntryNeedsInode, DirectoryChangeKeepsOwner, ReadErrorLost, Minor46, Minor47, Minor41,
        NamesOfOnePage, ListingOfOnePage, ListingOfEpoch, ListingInterruptible, EpochUnknown,
        PruneUnknown, ConnectableUnknown, SlashNotExclusive,
    ];

    public bool AppliesTo(KernelVersion version) =>
        version >= First && (Last is not { } last || version <= last);
}
