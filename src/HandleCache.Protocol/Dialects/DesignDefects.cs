
namespace HandleCache.Protocol.Dialects;

/// <summary>Known defects of the posted patch sets; any design can have any that it can.</summary>
[Flags]
public enum DesignDefects
{
    None = 0,
    OverwritesBeforeCompare = 1 << 0,
    RefusesLongest = 1 << 1,
    OffersOpcode = 1 << 2,
    AbsentIsStale = 1 << 3,
    NoParentOnRevalidation = 1 << 4,
    EntryValidForAttributes = 1 << 5,
    ExportsFixedSize = 1 << 6,
    FailedIgetStaysLocked = 1 << 7,
    TruncatesTooLong = 1 << 8,
    StatxFailureKeepsLookup = 1 << 9,
}

/// <summary>One of <see cref="DesignDefects"/> and what is known of it.</summary>
/// <param name="Flag">A single one.</param>
/// <param name="Item">Item of PROPOSALS.md, section 3; 0 for v1, section 4.</param>
/// <param name="Setting">The field of a design file that says it, and its value.</param>
/// <param name="AsPosted">The defect of the proposal that has it.</param>
public sealed record DesignDefect(
    DesignDefects Flag, int Item, string Setting, DialectDefect AsPosted)
{
    public string Description => AsPosted.Description;

    /// <summary>The settings that bring defects of proposals about.</summary>
    public static DesignDefects FlagsOf(IEnumerable<DialectDefect> defects)
    {
        ArgumentNullException.ThrowIfNull(defects);
        return All.Where(d => defects.Contains(d.AsPosted))
            .Aggregate(DesignDefects.None, (flags, d) => flags | d.Flag);
    }

    /// <summary>Every defect, by item.</summary>
    public static IReadOnlyList<DesignDefect> All { get; } =
    [
        new(DesignDefects.OverwritesBeforeCompare, 1, "identity.compared: after-overwrite",
            DialectDefect.V2CompareAfterOverwrite),
        new(DesignDefects.RefusesLongest, 2, "identity.longest: refused",
            DialectDefect.V2RefuseLongest),
        new(DesignDefects.OffersOpcode, 3, "negotiation.offers: opcode",
            DialectDefect.V2OpcodeInInitMask),
        new(DesignDefects.AbsentIsStale, 4, "identity.absent: stale",
            DialectDefect.V3NullHandleUnequal),
        new(DesignDefects.NoParentOnRevalidation, 5, "carried.onRevalidation: false",
            DialectDefect.V3RevalidateWithoutParent),
        new(DesignDefects.EntryValidForAttributes, 5, "attributes: entry-validity",
            DialectDefect.V3EntryValidForAttributes),
        new(DesignDefects.ExportsFixedSize, 6, "export.fixedSize: true",
            DialectDefect.V2ExportFixedSize),
        new(DesignDefects.FailedIgetStaysLocked, 8, "identity.tooLong: locked",
            DialectDefect.V2FailedIgetStaysLocked),
        new(DesignDefects.StatxFailureKeepsLookup, 10, "statxFails: kept",
            DialectDefect.FusexStatxFailureKeepsLookup),
        new(DesignDefects.TruncatesTooLong, 0, "identity.tooLong: cut",
            DialectDefect.V1TruncateTooLong),
    ];
}
