namespace HandleCache.Model.Kernel;

/// <summary>
/// Faults of the kernel's rules above the inode cache, to show that a check would see them;
/// those of the cache itself are <see cref="ModelFault.All"/>.
/// </summary>
public static class KernelFault
{
    public static ModelFault EvictionNotCounted { get; } =
        new("eviction-not-counted", "evictions do not count in evict_ctr");

    public static ModelFault RevalidateSkipsGeneration { get; } =
        new("revalidate-skips-generation", "a name of another generation stays valid");

    public static ModelFault OldAttributesWin { get; } =
        new("old-attributes-win", "attributes of an old reply replace newer ones");

    public static ModelFault BadInodeStaysGood { get; } =
        new("bad-inode-stays-good", "an inode that should be bad is used on");

    public static ModelFault DirectoryChangeUnseen { get; } =
        new("directory-change-unseen", "a changed directory keeps its attributes");

    public static ModelFault InvalidAttributesTaken { get; } =
        new("invalid-attributes-taken", "an impossible entry is taken");

    public static ModelFault MissRemembered { get; } =
        new("miss-remembered", "a name not found is never asked for again");

    public static ModelFault EntryUsesAttrValidity { get; } =
        new("entry-uses-attr-validity", "a name is valid as long as attributes");

    public static ModelFault EpochIgnored { get; } =
        new("epoch-ignored", "names of an older epoch stay valid");

    public static ModelFault NegativeStays { get; } =
        new("negative-stays", "a negative dentry is believed after its time");

    public static ModelFault RevalidateForgetsNothing { get; } =
        new("revalidate-forgets-nothing", "another nodeid found is not forgotten");

    public static ModelFault RevalidateUncounted { get; } =
        new("revalidate-uncounted", "a revalidation's lookup is not counted");

    public static ModelFault CreateTypeUnchecked { get; } =
        new("create-type-unchecked", "a created object may be of any type");

    public static ModelFault UnlinkedNameStaysValid { get; } =
        new("unlinked-name-stays-valid", "a removed name is believed to be gone");

    public static ModelFault SurplusEntriesUnlinked { get; } =
        new("surplus-entries-unlinked", "entries behind a full buffer are lost");

    public static ModelFault PlusErrorKept { get; } =
        new("plus-error-kept", "an entry that cannot be linked is not forgotten");

    public static ModelFault DotsCounted { get; } =
        new("dots-counted", "READDIRPLUS links the entries . and ..");

    public static ModelFault PlusHitUncounted { get; } =
        new("plus-hit-uncounted", "a READDIRPLUS entry of a known name is not counted");

    public static ModelFault ExportSkipsGeneration { get; } =
        new("export-skips-generation", "a handle opens the nodeid's next object");

    public static ModelFault ExpireOnlyDrops { get; } =
        new("expire-only-drops", "INVAL_ENTRY with EXPIRE_ONLY drops the name");

    public static ModelFault DeleteSkipsChild { get; } =
        new("delete-skips-child", "NOTIFY_DELETE removes whatever has the name");

    public static ModelFault RevalidateSkipsHandle { get; } =
        new("revalidate-skips-handle", "a name whose handle has changed stays valid");

    public static ModelFault DisconnectedNamesKept { get; } =
        new("disconnected-names-kept", "names below a directory not placed yet are kept");

    public static ModelFault OpenAskedAgain { get; } =
        new("open-asked-again", "OPEN and OPENDIR are sent again after ENOSYS");

    public static ModelFault AppendIgnored { get; } =
        new("append-ignored", "a file opened with O_APPEND is written where the caller says");

    public static ModelFault PrivilegesKept { get; } =
        new("privileges-kept", "a chown leaves set-user-ID bits where the server does not act");

    public static ModelFault ListingOutlivesChange { get; } =
        new("listing-outlives-change", "cached names of a directory survive its change");

    public static ModelFault PlusRefusedKept { get; } =
        new("plus-refused-kept", "a READDIRPLUS entry that is refused is not forgotten");

    public static ModelFault PlusCountsOnBad { get; } =
        new("plus-counts-on-bad", "READDIRPLUS counts on a bad inode");

    public static ModelFault ExportTakesAnother { get; } =
        new("export-takes-another", "LOOKUP of \".\" may bring another nodeid");

    public static ModelFault RevalidateComparesWide { get; } =
        new("revalidate-compares-wide", "a revalidation compares generations as 64 bits");

    public static ModelFault MissAdvisesPlus { get; } =
        new("miss-advises-plus", "a name not found asks for READDIRPLUS next time");

    public static ModelFault EvictionDoubtsKnown { get; } =
        new("eviction-doubts-known", "an eviction outdates attributes of known inodes");

    public static ModelFault SizeChangeKeepsPages { get; } =
        new("size-change-keeps-pages", "pages stay when the server changes the size");

    public static ModelFault UnlinkedEvictionCounts { get; } =
        new("unlinked-eviction-counts", "evicting an inode without links counts in evict_ctr");

    public static ModelFault OldSetAttrStaysValid { get; } =
        new("old-setattr-stays-valid", "an old reply to SETATTR is valid as long as a new one");

    public static ModelFault InvalInodeDropsPages { get; } =
        new("inval-inode-drops-pages", "INVAL_INODE with a negative offset drops pages");

    public static ModelFault DeleteLeavesNLink { get; } =
        new("delete-leaves-nlink", "NOTIFY_DELETE leaves the link count");

    public static ModelFault RenameKeepsCTime { get; } =
        new("rename-keeps-ctime", "a renamed object keeps its ctime");

    public static ModelFault WriteKeepsVersion { get; } =
        new("write-keeps-version", "a WRITE does not outdate replies under way");

    public static ModelFault DirectoryReleased { get; } =
        new("directory-released", "RELEASEDIR is sent though OPENDIR is not known");

    public static ModelFault NotKnownForgotten { get; } =
        new("not-known-forgotten", "an operation is asked for again after ENOSYS");

    public static ModelFault LinkAskedAgain { get; } =
        new("link-asked-again", "LINK is asked for again after ENOSYS");

    public static ModelFault ResendMarkIgnored { get; } =
        new("resend-mark-ignored", "a reply without the mark is taken for a resent request");

    public static ModelFault ListingNeverEnds { get; } =
        new("listing-never-ends", "cached names of a directory are never complete");

    public static ModelFault OpenKeepsListing { get; } =
        new("open-keeps-listing", "an open without KEEP_CACHE keeps cached names");

    public static ModelFault NameMaxLow { get; } =
        new("name-max-low", "names above 1024 bytes are always too long");

    public static ModelFault DirectDirectoryOpens { get; } =
        new("direct-directory-opens", "a directory can be opened with O_DIRECT");

    public static ModelFault PruneTakesFirst { get; } =
        new("prune-takes-first", "NOTIFY_PRUNE prunes its first nodeid only");

    public static ModelFault UnlinkKeepsNLink { get; } =
        new("unlink-keeps-nlink", "UNLINK leaves the link count");

    public static ModelFault NegativeEntryIgnored { get; } =
        new("negative-entry-ignored", "an entry of nodeid 0 is not believed");

    public static ModelFault ChModKeepsName { get; } =
        new("chmod-keeps-name", "the name of a directory stays valid after chmod");

    public static ModelFault ReadLinkKeepsATime { get; } =
        new("readlink-keeps-atime", "READLINK leaves atime valid");

    public static ModelFault TmpFileReadable { get; } =
        new("tmpfile-readable", "O_TMPFILE can be opened read-only");

    public static ModelFault ParentIsSelf { get; } =
        new("parent-is-self", "\"..\" stays where it is");

    public static ModelFault AclUnasked { get; } =
        new("acl-unasked", "access control lists are not asked for");

    public static ModelFault AclsKept { get; } =
        new("acls-kept", "a revalidation and INVAL_INODE leave access control lists cached");

    public static ModelFault PermissionsUnchecked { get; } =
        new("permissions-unchecked", "with default_permissions everybody may do everything");

    public static ModelFault DenialFinal { get; } =
        new("denial-final", "a denial by cached attributes is not asked about");

    public static ModelFault OwnerUnchecked { get; } =
        new("owner-unchecked", "anybody may change mode, owner and times");

    public static ModelFault WriteKeepsPrivileges { get; } =
        new("write-keeps-privileges", "a write by a user leaves set-user-ID bits");

    public static ModelFault InterruptUnsent { get; } =
        new("interrupt-unsent", "a signal to who waits for a reply is not sent on");

    public static ModelFault InterruptOnce { get; } =
        new("interrupt-once", "an INTERRUPT answered with EAGAIN is not sent again");

    public static ModelFault NoInterruptForgotten { get; } =
        new("no-interrupt-forgotten", "a server that knows no INTERRUPT gets the next one");

    public static ModelFault ListingHeedsSignal { get; } =
        new("listing-heeds-signal", "getdents ends behind its first record with a signal pending");

    /// <summary>
    /// Those that only calls under way at the same time, evictions in between or a resent request
    /// show: the kernel's own tests, no script of one call after the other.
    /// </summary>
    public static IReadOnlyList<ModelFault> OfInterleaving { get; } =
    [
        OldAttributesWin, EvictionNotCounted, EvictionDoubtsKnown, UnlinkedEvictionCounts,
        OldSetAttrStaysValid, WriteKeepsVersion, ResendMarkIgnored,
    ];

    /// <summary>Every one of them.</summary>
    public static IReadOnlyList<ModelFault> All { get; } =
    [
        EvictionNotCounted, RevalidateSkipsGeneration, OldAttributesWin, BadInodeStaysGood,
        DirectoryChangeUnseen, InvalidAttributesTaken, MissRemembered, EntryUsesAttrValidity,
        EpochIgnored, NegativeStays, RevalidateForgetsNothing, RevalidateUncounted,
        CreateTypeUnchecked, UnlinkedNameStaysValid, SurplusEntriesUnlinked, PlusErrorKept,
        DotsCounted, PlusHitUncounted, ExportSkipsGeneration, ExpireOnlyDrops, DeleteSkipsChild,
        RevalidateSkipsHandle, DisconnectedNamesKept, OpenAskedAgain, AppendIgnored,
        PrivilegesKept, ListingOutlivesChange,
        PlusRefusedKept, PlusCountsOnBad,
        ExportTakesAnother, RevalidateComparesWide,
        MissAdvisesPlus, EvictionDoubtsKnown, SizeChangeKeepsPages,
        UnlinkedEvictionCounts, OldSetAttrStaysValid, InvalInodeDropsPages,
        DeleteLeavesNLink, RenameKeepsCTime, WriteKeepsVersion,
        DirectoryReleased, NotKnownForgotten, LinkAskedAgain,
        ResendMarkIgnored, ListingNeverEnds, OpenKeepsListing,
        NameMaxLow, DirectDirectoryOpens, PruneTakesFirst,
        UnlinkKeepsNLink, NegativeEntryIgnored, ChModKeepsName,
        ReadLinkKeepsATime, TmpFileReadable, ParentIsSelf,
        AclUnasked, AclsKept, PermissionsUnchecked, DenialFinal, OwnerUnchecked,
        WriteKeepsPrivileges, InterruptUnsent, InterruptOnce, NoInterruptForgotten,
        ListingHeedsSignal,
    ];
}
