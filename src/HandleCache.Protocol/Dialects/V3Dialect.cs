using System.Runtime.CompilerServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// LOOKUP_HANDLE v3 of 2026-02-25. LOOKUP is FUSE_COMPOUND of LOOKUP_HANDLE and STATX, CREATE one
/// of MKOBJ_HANDLE, STATX and OPEN. The entry has no attributes (fuse_entry2_out and an opaque
/// handle), the parent's handle is an extension record of the first part, and the other parts
/// have FUSE_ROOT_ID where the new nodeid will be put. MKDIR, MKNOD, SYMLINK, LINK, TMPFILE and
/// READDIRPLUS are today's: their entries bring no handle, and MKOBJ_HANDLE, whose arguments are
/// CREATE's, has no room for a device, a target or an old name (PROPOSALS.md,
/// section 2; RFC v3 8/8, fuse_mkobj_statx_open()).
/// </summary>
/// <remarks>
/// A server that knows no compounds (ENOSYS), or not this one (EOPNOTSUPP, framing v7), gets the
/// parts one at a time: <see cref="AfterRefusal"/>.
/// </remarks>
public sealed partial class V3Dialect : Dialect
{
    private static readonly int EntryOutBytes = Unsafe.SizeOf<fuse_entry2_out>();

    private static readonly int OpenPartBytes =
        FuseRequest.HeaderBytes + Unsafe.SizeOf<fuse_open_in>();

    private static readonly FuseOpcode[] Compounds =
        [FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_CREATE];

    private static readonly DialectNumbers Posted = new()
    {
        InitFlag = (FuseInitFlags)(1UL << 43),
        Lookup = (FuseOpcode)55,
        MakeObject = (FuseOpcode)56,
        Compound = (FuseOpcode)54,
    };

    internal V3Dialect(DialectOptions options) : base(options.Name ?? "v3", options, Posted) { }

    public override HandleOptIn OptIn => HandleOptIn.InitBit;

    public override FuseInitFlags OfferedFlags => (Has(DialectDefect.V3OpcodeInInitMask)
        || Has(DialectDefect.V2OpcodeInInitMask))
        ? (FuseInitFlags)(ulong)Numbers.Lookup
        : InitFlag;

    /// <summary>An exactly sized kzalloc() with GFP_KERNEL, on the first fuse_iget().</summary>
    public override PostedStorage Storage =>
        Options.Storage ?? new("pointer", "u16", IsAccounted: false);

    public override Dialect With(DialectOptions options) => new V3Dialect(options);

    /// <summary>MAX_HANDLE_SZ without the folded type.</summary>
    public override int MaxHandleBytes => OpaqueHandle.MaxBytes;

    public override int RequestsPer(FuseOpcode opcode) =>
        IsApart(opcode) ? PartsOf(opcode) : 1;

    public override bool RequestBrings(FuseOpcode opcode) =>
        HasHandleForm(opcode) || base.RequestBrings(opcode);

    public override bool ReplyBrings(FuseOpcode opcode) => HasHandleForm(opcode);

    public override int RequestBytes(FuseOpcode opcode, int classicBytes, int handleBytes)
    {
        if (!HasHandleForm(opcode))
            return base.RequestBytes(opcode, classicBytes, handleBytes);
        int record = handleBytes > 0 ? HandleExtension.RecordBytes(handleBytes) : 0;
        if (IsApart(opcode))
            return classicBytes + record;
        int open = opcode == FuseOpcode.FUSE_CREATE ? OpenPartBytes : 0;
        int rest = CompoundParts.StatxPartBytes + open;
        return FuseRequest.HeaderBytes + CompoundFraming.HeadBytes
            + (PartsOf(opcode) * Options.Compound.PartHeadBytes) + classicBytes + record + rest;
    }

    public override int ReplyBytes(FuseOpcode opcode, int handleBytes)
    {
        if (!HasHandleForm(opcode))
            return base.ReplyBytes(opcode, handleBytes);
        int entry =
            FuseReply.HeaderBytes + EntryOutBytes + OpaqueHandle.WireBytes(handleBytes);
        if (IsApart(opcode))
            return entry;
        int open = opcode == FuseOpcode.FUSE_CREATE
            ? FuseReply.HeaderBytes + Operation.OpenOutBytes
            : 0;
        return FuseReply.HeaderBytes + CompoundFraming.HeadBytes + entry
            + FuseReply.HeaderBytes + CompoundParts.StatxOutBytes + open;
    }

    public override bool HasReplyOfItsOwn(FuseOpcode opcode) => HasHandleForm(opcode);

    public override Dialect Apart(FuseOpcode opcode) => IsApart(opcode)
        ? this
        : With(Options with { Apart = [.. Options.Apart, opcode] });

    public override Dialect? AfterRefusal(FuseOpcode opcode, int errno) =>
        CompoundParts.AfterRefusal(this, opcode, errno, Compounds);

    /// <summary>Whether the operation has a form of its own in this dialect.</summary>
    private static bool HasHandleForm(FuseOpcode opcode) =>
        opcode is FuseOpcode.FUSE_LOOKUP or FuseOpcode.FUSE_CREATE;

    private static int PartsOf(FuseOpcode opcode) => opcode == FuseOpcode.FUSE_CREATE ? 3 : 2;

    /// <summary>Its parts are sent one at a time.</summary>
    private bool IsApart(FuseOpcode opcode) => Options.Apart.Contains(opcode);

    /// <summary>The opcode of the part that brings the parent's handle.</summary>
    private FuseOpcode FirstPart(FuseOpcode opcode) =>
        opcode == FuseOpcode.FUSE_CREATE ? Numbers.MakeObject : Numbers.Lookup;
}
