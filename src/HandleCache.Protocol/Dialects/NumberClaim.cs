namespace HandleCache.Protocol.Dialects;

/// <summary>Which kind of number is claimed.</summary>
public enum NumberKind
{
    InitBit,
    Opcode,
}

/// <summary>
/// One claim of a number beyond those of 7.45 (ABI.md, last two sections). Two claims
/// of one number cannot both be merged.
/// </summary>
/// <param name="Kind">Bit or opcode.</param>
/// <param name="Number">The bit's position, or the opcode.</param>
/// <param name="Claimant">The dialect or patch set.</param>
/// <param name="Use">The name it gives the number.</param>
/// <param name="IsMerged">Whether mainline has it.</param>
public sealed record NumberClaim(
    NumberKind Kind, int Number, string Claimant, string Use, bool IsMerged = false)
{
    /// <summary>Every claim known, by number.</summary>
    public static IReadOnlyList<NumberClaim> All { get; } =
    [
        new(NumberKind.InitBit, 43, "7.46", "FUSE_HAS_IO_URING_BUFPOOL", IsMerged: true),
        new(NumberKind.InitBit, 43, "thread", "FUSE_HAS_LOOKUP_HANDLE"),
        new(NumberKind.InitBit, 43, "v2", "FUSE_HAS_LOOKUP_HANDLE"),
        new(NumberKind.InitBit, 43, "v3", "FUSE_HAS_LOOKUP_HANDLE"),
        new(NumberKind.InitBit, 43, "famfs", "FUSE_DAX_FMAP"),
        new(NumberKind.Opcode, 54, "thread", "FUSE_LOOKUP_HANDLE"),
        new(NumberKind.Opcode, 54, "v2", "FUSE_LOOKUP_HANDLE"),
        new(NumberKind.Opcode, 54, "v3", "FUSE_COMPOUND"),
        new(NumberKind.Opcode, 54, "fusex", "FUSE_LOOKUP_ROOT"),
        new(NumberKind.Opcode, 54, "famfs", "FUSE_GET_FMAP"),
        new(NumberKind.Opcode, 55, "v3", "FUSE_LOOKUP_HANDLE"),
        new(NumberKind.Opcode, 55, "fusex", "FUSE_LOOKUPX"),
        new(NumberKind.Opcode, 55, "famfs", "FUSE_GET_DAXDEV"),
        new(NumberKind.Opcode, 56, "v3", "FUSE_MKOBJ_HANDLE"),
        new(NumberKind.Opcode, 56, "fusex", "FUSE_MKOBJX"),
        new(NumberKind.Opcode, 58, "fusex", "FUSE_SETSTATX"),
    ];

    /// <summary>
    /// The claims of others for a number that <paramref name="dialect"/> uses, too. A dialect that
    /// is listed claims what the list says; of any other it is the INIT bit and its opcodes. The
    /// claims of the file system type that it is of are its own.
    /// </summary>
    public static IEnumerable<NumberClaim> RivalsOf(Dialect dialect)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        bool isListed = All.Any(own => own.Claimant == dialect.Name);
        return All.Where(rival => rival.Claimant != dialect.Name
            && rival.Claimant != dialect.FileSystemType && (isListed
            ? All.Any(own => own.Claimant == dialect.Name && own.Kind == rival.Kind
                && own.Number == rival.Number)
            : Uses(dialect, rival)));
    }

    private static bool Uses(Dialect dialect, NumberClaim claim) => claim.Kind switch
    {
        NumberKind.InitBit => ((ulong)dialect.InitFlag & (1UL << claim.Number)) != 0,
        NumberKind.Opcode => dialect.HasOwnMessages
            && (claim.Number == (int)dialect.Numbers.Lookup
                || claim.Number == (int)dialect.Numbers.MakeObject
                || claim.Number == (int)dialect.Numbers.Compound),
        _ => throw new InvalidOperationException($"unknown kind {claim.Kind}"),
    };
}
