namespace HandleCache.Protocol.Dialects;

/// <summary>
/// A defect of a posted patch set that can be put into its dialect, to show what it breaks
/// (PROPOSALS.md, section 3). Those of the wire are in the codecs, those of the
/// cache in the model's handle rule. Item 7 there (the root has no handle) is so everywhere, and
/// item 9 (contested numbers) is <see cref="NumberClaim"/>.
/// </summary>
/// <param name="Name">Kebab-case, as the command line and JSON call it.</param>
/// <param name="Dialect">The dialect it belongs to.</param>
/// <param name="Item">Item of the list in the fact file; 0 for one told elsewhere there.</param>
/// <param name="Description">One line: what goes wrong.</param>
public sealed record DialectDefect(string Name, string Dialect, int Item, string Description)
{
    public static DialectDefect V1TruncateTooLong { get; } = new(
        "v1-truncate-too-long", "v2", 0, "a handle that is too long is cut, not refused");

    public static DialectDefect V2CompareAfterOverwrite { get; } = new(
        "v2-compare-after-overwrite", "v2", 1,
        "the cached handle is overwritten before it is compared");

    public static DialectDefect V2RefuseLongest { get; } = new(
        "v2-refuse-longest", "v2", 2, "a handle of exactly the agreed maximum is refused");

    public static DialectDefect V2OpcodeInInitMask { get; } = new(
        "v2-opcode-in-init-mask", "v2", 3, "INIT offers the bits of opcode 54, never bit 43");

    public static DialectDefect V3OpcodeInInitMask { get; } = new(
        "v3-opcode-in-init-mask", "v3", 3, "INIT offers the bits of opcode 55, never bit 43");

    public static DialectDefect V3NullHandleUnequal { get; } = new(
        "v3-null-handle-unequal", "v3", 4,
        "a reply without handle makes a cached inode that has one bad");

    public static DialectDefect V3RevalidateWithoutParent { get; } = new(
        "v3-revalidate-without-parent", "v3", 5,
        "revalidation looks up without the parent's handle");

    public static DialectDefect V3EntryValidForAttributes { get; } = new(
        "v3-entry-valid-for-attributes", "v3", 5,
        "attributes are believed as long as the entry is");

    public static DialectDefect V2ExportFixedSize { get; } = new(
        "v2-export-fixed-size", "v2", 6,
        "an exported handle is copied too long, the parent's read from the wrong place");

    public static DialectDefect V2FailedIgetStaysLocked { get; } = new(
        "v2-failed-iget-stays-locked", "v2", 8,
        "a refused handle leaves a new inode locked: its nodeid hangs forever");

    public static DialectDefect FusexStatxFailureKeepsLookup { get; } = new(
        "fusex-statx-failure-keeps-lookup", "fusex", 10,
        "a STATX that fails behind its LOOKUPX sends no FORGET: the server keeps one lookup");

    /// <summary>Every defect, in the order they are listed to a user.</summary>
    public static IReadOnlyList<DialectDefect> All { get; } =
    [
        V1TruncateTooLong, V2CompareAfterOverwrite, V2RefuseLongest, V2OpcodeInInitMask,
        V3OpcodeInInitMask, V3NullHandleUnequal, V3RevalidateWithoutParent,
        V3EntryValidForAttributes, V2ExportFixedSize, V2FailedIgetStaysLocked,
        FusexStatxFailureKeepsLookup,
    ];
}
