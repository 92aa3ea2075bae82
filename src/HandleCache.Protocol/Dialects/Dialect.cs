using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// How file handles travel: data (INIT bit, opcode, maximum) and the codec of an entry. The
/// base class carries no handle: it is today's protocol (PROPOSALS.md).
/// </summary>
public partial class Dialect
{
    /// <summary>Bytes of the classic fuse_entry_out.</summary>
    public static readonly int ClassicEntryBytes = Unsafe.SizeOf<fuse_entry_out>();

    protected Dialect(string name, DialectOptions options, DialectNumbers posted)
    {
        ArgumentNullException.ThrowIfNull(options);
        Name = name;
        Options = options;
        Numbers = options.Numbers ?? posted;
    }

    /// <summary>Today's protocol: no handles on the wire.</summary>
    public static Dialect Classic { get; } = new("classic", DialectOptions.Default, new());

    /// <summary>
    /// The 2025-11 message: a fixed {size, type, handle[128]} behind every entry.
    /// </summary>
    public static Dialect Thread { get; } = new DesignDialect(PostedDesigns.Thread);

    /// <summary>What a server and the keeper speak where nothing else is said.</summary>
    public static Dialect Default => Thread;

    /// <summary>LOOKUP_HANDLE v2 (2025-12-12): an entry and a handle of its own length.</summary>
    public static Dialect V2 { get; } = new DesignDialect(PostedDesigns.V2);

    /// <summary>LOOKUP_HANDLE v3 (2026-02-25): compounds and an extension record.</summary>
    public static Dialect V3 { get; } = new V3Dialect(DialectOptions.Default);

    /// <summary>fusex (2026-04-29) with the handle it announces: a sketch.</summary>
    public static Dialect Fusex { get; } = new FusexDialect(
        DialectOptions.Default, OpaqueHandle.MaxBytes);

    /// <summary>fusex with compounds, and the handle that it still announces.</summary>
    public static Dialect FusexCompound { get; } = new FusexCompoundDialect(
        DialectOptions.Default, OpaqueHandle.MaxBytes);

    /// <summary>The one spelling on the command line and in JSON.</summary>
    public string Name { get; }

    /// <summary>What was chosen about it: numbers, defects, framing.</summary>
    public DialectOptions Options { get; }

    public DialectNumbers Numbers { get; }

    /// <summary>Whether its messages are other than today's, handles in them or not.</summary>
    public bool HasOwnMessages => OptIn != HandleOptIn.None;

    /// <summary>Whether handles travel at all.</summary>
    public bool CarriesHandles => HasOwnMessages && MaxHandleBytes > 0;

    /// <summary>How kernel and server agree on it.</summary>
    public virtual HandleOptIn OptIn => HandleOptIn.None;

    /// <summary>The INIT bit by which both sides agree; none for classic and fusex.</summary>
    public FuseInitFlags InitFlag => Numbers.InitFlag;

    /// <summary>
    /// What the kernel sets in INIT to offer the dialect: its bit, but for the defect of v2 and
    /// v3 that puts the opcode's number there (PROPOSALS.md, section 3, item 3).
    /// </summary>
    public virtual FuseInitFlags OfferedFlags => InitFlag;

    /// <summary>
    /// A FORGET takes back one lookup, for all of an inode's life in the kernel's cache, however
    /// many replies returned it (fusex).
    /// </summary>
    public virtual bool ForgetsOne => false;

    /// <summary>
    /// A reply without a handle is refused for every inode but the root (v2's fuse_iget).
    /// </summary>
    public virtual bool RequiresHandle => Options.RequiresHandle ?? false;

    /// <summary>By what an inode is found, and what of an entry must agree with it.</summary>
    public virtual HandleIdentity Identity => Options.Identity ?? HandleIdentity.Sound;

    /// <summary>
    /// Whether an entry too long for what was agreed reaches fuse_iget(), which is where the posted
    /// code checks it; else the reply is refused where it is read.
    /// </summary>
    public bool ChecksLengthInIget =>
        Has(DialectDefect.V1TruncateTooLong) || Has(DialectDefect.V2FailedIgetStaysLocked);

    /// <summary>
    /// Entries of READDIRPLUS have no attributes but the type that the dirent names (fusex).
    /// </summary>
    public virtual bool ListsWithoutAttributes => false;

    /// <summary>Attributes are asked for by STATX alone: there is no GETATTR (fusex).</summary>
    public virtual bool AsksStatx => false;

    /// <summary>
    /// Handles and open files come in the records of a <see cref="Rebinding.RebindReader"/>, those
    /// of other nodeids among them (thread).
    /// </summary>
    public virtual bool BringsRebindRecords => false;

    /// <summary>
    /// The reply of an operation that returns one entry is more than the entry and what follows
    /// it (a compound), so that only <see cref="TryWriteEntryReply"/> can make it.
    /// </summary>
    public virtual bool HasReplyOfItsOwn(FuseOpcode opcode) => false;

    /// <summary>
    /// Whether the reply of the operation brings an entry: not that of fusex' LINK, whose inode the
    /// kernel has already.
    /// </summary>
    public virtual bool RepliesEntry(FuseOpcode opcode) =>
        Operation.Of(opcode).ReturnsOneEntry;

    /// <summary>
    /// The dialect has no such operation: the kernel does without, as where a server answers
    /// ENOSYS.
    /// </summary>
    public virtual bool Lacks(FuseOpcode opcode) => false;

    /// <summary>
    /// Type of the records that bring handles of other nodeids than the head's; that one's handle
    /// goes where the dialect has it. None of the proposals but thread has such records: they are
    /// the keeper's (<see cref="Rebinding.RebindWriter"/>).
    /// </summary>
    public virtual uint RebindRecord => FuseConstants.FUSE_EXT_NODE;

    /// <summary>
    /// The type of file system that speaks it: where another is mounted, nobody does.
    /// </summary>
    public virtual string FileSystemType => HandleOffer.TodaysFileSystemType;

    /// <summary>How the authors keep the handle in the inode.</summary>
    public virtual PostedStorage Storage => Options.Storage ?? PostedStorage.OfTheThread;

    /// <summary>How inodes are exported (R14).</summary>
    public virtual NodeExport Export => NodeExport.Classic;

    /// <summary>
    /// The opcode of LOOKUP_HANDLE: a LOOKUP whose extension brings the parent's handle (T8 of
    /// the thread). 0, which no operation has, where there is none.
    /// </summary>
    public FuseOpcode LookupHandleOpcode => HasOwnMessages ? Numbers.Lookup : 0;

    /// <summary>Longest handle the dialect can carry, bytes.</summary>
    public virtual int MaxHandleBytes => 0;

    /// <summary>
    /// Bytes of one entry with a handle of <paramref name="handleBytes"/> bytes, in a READDIRPLUS
    /// record and in those replies that are no compound.
    /// </summary>
    public virtual int EntryBytes(int handleBytes) => ClassicEntryBytes;

    /// <summary>
    /// Bytes the kernel has to reserve for an entry whose handle it does not know yet.
    /// </summary>
    public int ReservedEntryBytes => EntryBytes(MaxHandleBytes);

    /// <summary>The same dialect with other options; classic has none.</summary>
    public virtual Dialect With(DialectOptions options) => this;

    /// <summary>Whether a handle's type comes out as it went in (T3 of the thread).</summary>
    public virtual bool CarriesHandleType(uint type) => CarriesHandles;

    public bool Has(DialectDefect defect) => Options.Defects.Contains(defect);

    /// <summary>
    /// Writes an entry with its handle; false when it does not fit or the handle is longer than
    /// the dialect takes.
    /// </summary>
    public virtual bool TryWriteEntry(
        Span<byte> destination,
        in fuse_entry_out entry,
        uint handleType,
        ReadOnlySpan<byte> handle,
        out int written)
    {
        written = ClassicEntryBytes;
        return MemoryMarshal.TryWrite(destination, entry);
    }

    /// <summary>
    /// Reads the entry that fills <paramref name="source"/> up to its last
    /// <paramref name="trailingBytes"/> bytes (fuse_open_out behind a CREATE, the dirent and all
    /// that follows behind a READDIRPLUS entry). A short (older) entry has no handle.
    /// </summary>
    public virtual WireError ReadEntry(
        ReadOnlySpan<byte> source,
        int trailingBytes,
        out WireEntry entry)
    {
        entry = default;
        if (!MemoryMarshal.TryRead(source, out fuse_entry_out fixedPart))
            return new WireError(WireFault.Truncated, 0, ClassicEntryBytes, source.Length);
        if (!Operation.TakesTrailing(trailingBytes, source.Length - ClassicEntryBytes))
        {
            return new WireError(
                WireFault.LengthLies, 0, ClassicEntryBytes + trailingBytes, source.Length);
        }

        entry = new WireEntry(fixedPart, default, ClassicEntryBytes);
        return WireError.None;
    }
}
