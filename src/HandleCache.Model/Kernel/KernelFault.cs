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
    ];
}
