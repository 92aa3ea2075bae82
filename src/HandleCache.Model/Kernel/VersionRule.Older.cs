namespace HandleCache.Model.Kernel;

/// <summary>What versions before v6.18 do otherwise.</summary>
public sealed partial record VersionRule
{
    public static VersionRule NamesOfOnePage { get; } = new(
        "names-of-one-page",
        Oldest,
        new(6, 12),
        "fuse_lookup_name(), fs/fuse/dir.c",
        "",
        "FUSE_NAME_MAX of fs/fuse/fuse_i.h in 6.12.117; name_max is in 6.18",
        "no name is longer than 1024 bytes, whatever INIT agrees on");

    public static VersionRule ListingOfOnePage { get; } = new(
        "listing-of-one-page",
        Oldest,
        new(6, 15),
        "fuse_readdir_uncached(), fs/fuse/readdir.c",
        "dabb90391028",
        "fuse: increase readdir buffer size; 6.16",
        "READDIR asks for one page, however large the caller's buffer is");

    public static VersionRule EpochUnknown { get; } = new(
        "epoch-unknown",
        Oldest,
        new(6, 12),
        "fuse_notify(), fs/fuse/dev.c",
        "",
        "FUSE_NOTIFY_INC_EPOCH is not in 6.12.117; it is in 6.16 (7.44)",
        "INC_EPOCH is EINVAL");

    public static VersionRule PruneUnknown { get; } = new(
        "prune-unknown",
        Oldest,
        new(6, 17),
        "fuse_notify(), fs/fuse/dev.c",
        "",
        "FUSE_NOTIFY_PRUNE is EINVAL on 6.12.118, 6.16.12 and 6.17.13, and in 6.18.15",
        "PRUNE is EINVAL");

    public static VersionRule ConnectableUnknown { get; } = new(
        "connectable-unknown",
        Oldest,
        new(6, 12),
        "name_to_handle_at(), fs/fhandle.c",
        "c374196b2b9f",
        "fs: name_to_handle_at() support for \"explicit connectable\" file handles; 6.13",
        "AT_HANDLE_CONNECTABLE is EINVAL before the path is walked");

    public static VersionRule ListingInterruptible { get; } = new(
        "listing-interruptible",
        Oldest,
        new(6, 15),
        "fuse_emit(), fs/fuse/readdir.c",
        "c31f91c6af96",
        "fuse: don't allow signals to interrupt getdents copying; not in 6.12.117, in 6.18",
        "getdents ends behind its first record with a signal pending");

    public static VersionRule SlashNotExclusive { get; } = new(
        "slash-not-exclusive",
        new(5, 18),
        new(6, 14),
        "filename_create(), fs/namei.c",
        "204a575e91f3",
        "VFS: add common error checks to lookup_one_qstr_excl(); 6.15. Since b3d4650d82c7, VFS: "
        + "filename_create(): fix incorrect intent; 5.18. Seen on 6.1 and 6.12, not on 5.10 and "
        + "6.18",
        "a new name with a slash behind it that is no directory's is looked up without "
        + "LOOKUP_EXCL: a valid negative dentry is believed");

    public static VersionRule FidUnknown { get; } = new(
        "fid-unknown",
        Oldest,
        new(6, 4),
        "name_to_handle_at(), fs/fhandle.c",
        "96b2b072ee62",
        "exportfs: allow exporting non-decodeable file handles to userspace; 6.5. Seen on 6.1",
        "AT_HANDLE_FID is EINVAL before the path is walked");

    public static VersionRule ExpireOnlyUnknown { get; } = new(
        "expire-only-unknown",
        Oldest,
        new(6, 0),
        "fuse_notify_inval_entry(), fs/fuse/dev.c",
        "4f8d37020e1f",
        "fuse: add \"expire only\" mode to FUSE_NOTIFY_INVAL_ENTRY; seen on 5.10, not on 6.1",
        "INVAL_ENTRY with FUSE_EXPIRE_ONLY drops the name");

    public static VersionRule SocketsWithoutXattr { get; } = new(
        "sockets-without-xattr",
        Oldest,
        new(7, 0),
        "xattr_permission(), fs/xattr.c",
        "",
        "xattr: support extended attributes on sockets; 7.1",
        "attributes \"user.*\" of a socket are refused as those of a special file");

    public static VersionRule ChangesDoubtAll { get; } = new(
        "changes-doubt-all",
        Oldest,
        new(5, 15),
        "fuse_invalidate_attr(), fs/fuse/dir.c",
        "fa5eee57e33e",
        "fuse: selective attribute invalidation; 5.16. Seen on 5.10, not on 6.1",
        "what changes an inode outdates all of its attributes, owner and mode included");

    public static VersionRule ZeroRangeUnknown { get; } = new(
        "zero-range-unknown",
        Oldest,
        new(5, 13),
        "fuse_file_fallocate(), fs/fuse/file.c",
        "6b1bdb56b17c",
        "fuse: allow fallocate(FALLOC_FL_ZERO_RANGE); 5.14. Seen on 5.10, not on 6.1",
        "FALLOC_FL_ZERO_RANGE is EOPNOTSUPP without a request");

    public static VersionRule LinkAskedAgain { get; } = new(
        "link-asked-again",
        Oldest,
        new(6, 15),
        "fuse_link(), fs/fuse/dir.c",
        "eef36cf6a701",
        "fuse: optmize missing FUSE_LINK support; 6.16. Seen on 5.10, 6.1 and 6.12",
        "LINK is sent again though the server has said ENOSYS");

    public static VersionRule LinkUnknownIsEnosys { get; } = new(
        "link-unknown-is-enosys",
        Oldest,
        new(5, 15),
        "fuse_link(), fs/fuse/dir.c",
        "8344213571b2",
        "fuse: Return EPERM rather than ENOSYS from link(); 6.16 and stable releases. Seen on "
        + "5.10, not on 6.1.192",
        "a server's ENOSYS to LINK comes to the caller, not EPERM");

    public static VersionRule ExistingStays { get; } = new(
        "existing-stays",
        Oldest,
        new(6, 11),
        "create_new_entry(), fuse_create_open(), fs/fuse/dir.c",
        "",
        "fs/fuse/dir.c of 5.10.262 and 6.1.192, not of 6.12.117. Seen on 5.10 and 6.1",
        "EEXIST to what makes a name does not invalidate it");

    public static VersionRule AbsentStays { get; } = new(
        "absent-stays",
        Oldest,
        new(6, 11),
        "fuse_unlink(), fuse_rmdir(), fuse_rename_common(), fs/fuse/dir.c",
        "",
        "fs/fuse/dir.c of 5.10.262 and 6.1.192, not of 6.12.117",
        "ENOENT to what removes or renames a name does not invalidate it");

    public static VersionRule EvictionsUncounted { get; } = new(
        "evictions-uncounted",
        Oldest,
        new(6, 11),
        "fuse_change_attributes_common(), fs/fuse/inode.c",
        "",
        "no evict_ctr in fs/fuse of 5.10.262 and 6.1.192; in 6.12.117",
        "a new inode believes attributes though an inode was evicted meanwhile");

    public static VersionRule SetAttrUncompared { get; } = new(
        "setattr-uncompared",
        Oldest,
        new(6, 11),
        "fuse_do_setattr(), fs/fuse/dir.c",
        "",
        "fs/fuse/dir.c of 5.10.262 and 6.1.192, not of 6.12.117",
        "the reply to SETATTR is believed though a newer one has come");

    public static VersionRule NothingWantedAsks { get; } = new(
        "nothing-wanted-asks",
        Oldest,
        new(6, 5),
        "fuse_update_get_attr(), fs/fuse/dir.c",
        "d3045530bdd2",
        "fuse: implement statx; 6.6. fs/fuse/dir.c of 5.10.262 and 6.1.192",
        "statx(2) of nothing that FUSE has asks for attributes where they have expired");

    public static VersionRule RemovedUnmarked { get; } = new(
        "removed-unmarked",
        Oldest,
        new(5, 15),
        "fuse_rmdir(), fuse_rename_common(), fs/fuse/dir.c",
        "",
        "fuse_entry_unlinked() of 6.1.192, not of 5.10.262",
        "a removed directory's attributes stay valid; what a rename replaces keeps nlink and "
        + "version");

    public static VersionRule LinkOutdates { get; } = new(
        "link-outdates",
        Oldest,
        new(5, 15),
        "fuse_link(), fs/fuse/dir.c",
        "97f044f690ba",
        "fuse: don't increment nlink in link(); 5.16. fs/fuse/dir.c of 5.10.262",
        "after LINK the inode counts a name more than the reply says, and its attributes are "
        + "outdated");

    public static VersionRule FailedWriteUnmarked { get; } = new(
        "failed-write-unmarked",
        Oldest,
        new(5, 15),
        "fuse_perform_write(), fuse_direct_write_iter(), fs/fuse/file.c",
        "d347739a0e76",
        "fuse: always invalidate attributes after writes; 5.16. fs/fuse/file.c of 5.10.262",
        "a WRITE that fails leaves the version of the attributes as it was");

    public static VersionRule PageBehindEndIsRead { get; } = new(
        "page-behind-end-is-read",
        Oldest,
        new(5, 10),
        "generic_file_buffered_read(), mm/filemap.c",
        "",
        "mm/filemap.c of 5.10.262: the size is looked at when the page is up to date. Seen on "
        + "5.10, not on 6.1",
        "a read through the cache that begins behind the known end asks for that page");

    public static VersionRule RootListKept { get; } = new(
        "root-list-kept",
        Oldest,
        new(6, 1),
        "fuse_init_inode(), fs/fuse/inode.c",
        "",
        "no ACL_DONT_CACHE in fs/fuse/inode.c of 5.10.262 and 6.1.192; in that of 6.12.117",
        "the root's access control list is cached like any other");

    public static VersionRule AllocateModesAreFlags { get; } = new(
        "allocate-modes-are-flags",
        Oldest,
        new(6, 11),
        "vfs_fallocate(), fs/open.c",
        "57413d8e172c",
        "fs: sort out the fallocate mode vs flag mess; 6.12. Seen on 5.10 and 6.1",
        "COLLAPSE_RANGE, INSERT_RANGE or UNSHARE_RANGE beside other flags are EINVAL");

    public static VersionRule WriteZeroesUnknown { get; } = new(
        "write-zeroes-unknown",
        Oldest,
        new(6, 16),
        "vfs_fallocate(), fs/open.c",
        "",
        "FALLOC_FL_WRITE_ZEROES of include/uapi/linux/falloc.h; 6.17",
        "FALLOC_FL_WRITE_ZEROES is EOPNOTSUPP whatever the file was opened for");

    private static IReadOnlyList<VersionRule> Older { get; } =
    [
        NamesOfOnePage, ListingOfOnePage, EpochUnknown, PruneUnknown, ConnectableUnknown,
        ListingInterruptible, SlashNotExclusive, FidUnknown, ExpireOnlyUnknown,
        SocketsWithoutXattr, ChangesDoubtAll, ZeroRangeUnknown, LinkAskedAgain,
        LinkUnknownIsEnosys, ExistingStays, AbsentStays, EvictionsUncounted, SetAttrUncompared,
        NothingWantedAsks, RemovedUnmarked, LinkOutdates, FailedWriteUnmarked,
        PageBehindEndIsRead, RootListKept, AllocateModesAreFlags, WriteZeroesUnknown,
    ];
}
