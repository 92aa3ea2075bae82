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

    public static VersionRule Minor46 { get; } = new(
        "minor-46",
        new(7, 3),
        null,
        "fuse_new_init(), fs/fuse/inode.c",
        "",
        "FUSE_KERNEL_MINOR_VERSION of include/uapi/linux/fuse.h; in 7.3.4, not in 7.2.13",
        "INIT offers minor version 46");

    /// <summary>Every difference that is modelled.</summary>
    public static IReadOnlyList<VersionRule> All { get; } =
        [InvalEntryNeedsInode, DirectoryChangeKeepsOwner, Minor46];

    public bool AppliesTo(KernelVersion version) =>
        version >= First && (Last is not { } last || version <= last);
}
