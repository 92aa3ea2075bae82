using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// The dialect of a design in the plain framing: fuse_entry_out with the handle behind it, one
/// request and one reply an operation. An entry without a handle may be today's, shorter one.
/// </summary>
public sealed partial class DesignDialect : Dialect
{
    /// <summary>More than the opcode of any operation that returns an entry.</summary>
    private const int OpcodeBound = 64;

    private readonly WireDesign _design;
    private readonly int _maxHandleBytes;

    /// <summary>By opcode.</summary>
    private readonly bool[] _returns = new bool[OpcodeBound];

    public DesignDialect(WireDesign design)
        : base(Checked(design).Name, design.ToOptions(), design.Numbers)
    {
        _design = design;
        _maxHandleBytes = Math.Min(design.MaxHandleBytes, design.Encoding.LongestBytes);
        foreach (FuseOpcode opcode in design.Returns)
            _returns[(int)opcode] = CarriesHandles;
        Export = design.Export == ExportForm.NodeId
            ? NodeExport.Classic
            : new DesignExport(design);
    }

    /// <summary>What it was made from.</summary>
    public WireDesign Design => _design;

    public override NodeExport Export { get; }

    public override Dialect With(DialectOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        bool everywhere = options.HandleInEveryRequest;
        return new DesignDialect(_design with
        {
            Numbers = options.Numbers ?? _design.Numbers,
            Carriage = everywhere ? HandleCarriage.EveryNodeId : _design.Carriage,
            Defects = DesignDefect.FlagsOf(options.Defects),
        });
    }

    public override PostedStorage Storage => _design.Storage;

    public override HandleOptIn OptIn => _design.OptIn;

    public override HandleIdentity Identity => _design.Identity;

    public override bool ForgetsOne => _design.ForgetsOne;

    public override bool RequiresHandle => _design.RequiresHandle;

    public override bool BringsRebindRecords => _design.Position == HandlePosition.NodeRecord;

    public override uint RebindRecord =>
        BringsRebindRecords ? Numbers.Extension : base.RebindRecord;

    public override FuseInitFlags OfferedFlags =>
        (_design.Defects & DesignDefects.OffersOpcode) != 0
            ? (FuseInitFlags)(ulong)Numbers.Lookup
            : InitFlag;

    public override int MaxHandleBytes => _maxHandleBytes;

    public override bool CarriesHandleType(uint type) =>
        CarriesHandles && _design.Encoding.KeepsType(type);

    public override bool ReplyBrings(FuseOpcode opcode) =>
        (uint)opcode < OpcodeBound && _returns[(int)opcode];

    public override bool HasReplyOfItsOwn(FuseOpcode opcode) =>
        Operation.Of(opcode).ReturnsOneEntry
        && ReplyBrings(opcode) != ReplyBrings(FuseOpcode.FUSE_READDIRPLUS);

    public override int EntryBytes(int handleBytes) =>
        EntryBytes(FuseOpcode.FUSE_READDIRPLUS, handleBytes);

    public override int ReplyBytes(FuseOpcode opcode, int handleBytes)
    {
        Operation operation = Operation.Of(opcode);
        return operation.ReturnsOneEntry
            ? FuseReply.HeaderBytes + EntryBytes(opcode, handleBytes) + operation.TrailingBytes
            : 0;
    }

    public override bool TryWriteEntry(
        Span<byte> destination, in fuse_entry_out entry, uint handleType,
        ReadOnlySpan<byte> handle, out int written) =>
        TryWriteEntry(
            FuseOpcode.FUSE_READDIRPLUS, destination, entry, handleType, handle, out written);

    public override WireError ReadEntry(
        ReadOnlySpan<byte> source, int trailingBytes, out WireEntry entry) =>
        ReadEntry(FuseOpcode.FUSE_READDIRPLUS, source, trailingBytes, out entry);

    public override bool TryWriteEntryReply(
        Span<byte> destination, FuseOpcode opcode, ulong unique, in fuse_entry_out entry,
        uint handleType, ReadOnlySpan<byte> handle, ReadOnlySpan<byte> trailing, out int written)
    {
        written = 0;
        if (destination.Length < FuseReply.HeaderBytes
            || !TryWriteEntry(
                opcode, destination[FuseReply.HeaderBytes..], entry, handleType, handle,
                out int bytes)
            || !trailing.TryCopyTo(destination[(FuseReply.HeaderBytes + bytes)..]))
        {
            return false;
        }

        written = FuseReply.HeaderBytes + bytes + trailing.Length;
        MessageBuilder.WriteReplyHead(
            destination, unique, Errno.None, bytes + trailing.Length);
        return true;
    }

    public override WireError ReadEntryReply(
        FuseOpcode opcode, scoped in FuseReply reply, out WireEntry entry, out int errno)
    {
        errno = 0;
        WireError fault = ReadEntry(
            opcode, reply.Body, Operation.Of(opcode).TrailingBytes, out entry);
        if (fault.IsError || (_design.Defects & DesignDefects.EntryValidForAttributes) == 0)
            return fault;
        fuse_entry_out whole = entry.Entry;
        whole.attr_valid = whole.entry_valid;
        whole.attr_valid_nsec = whole.entry_valid_nsec;
        entry = new WireEntry(whole, entry.Handle, entry.Bytes);
        return fault;
    }

    private int EntryBytes(FuseOpcode opcode, int handleBytes) =>
        ClassicEntryBytes + (ReplyBrings(opcode) ? _design.Encoding.WireBytes(handleBytes) : 0);

    private bool TryWriteEntry(
        FuseOpcode opcode, Span<byte> destination, in fuse_entry_out entry, uint handleType,
        ReadOnlySpan<byte> handle, out int written)
    {
        if (!ReplyBrings(opcode))
            return base.TryWriteEntry(destination, entry, 0, [], out written);
        written = EntryBytes(opcode, handle.Length);
        if (destination.Length < written || handle.Length > MaxHandleBytes)
            return false;
        MemoryMarshal.Write(destination, entry);
        return _design.Encoding.TryWrite(
            destination[ClassicEntryBytes..], handleType, handle, out _);
    }

    private WireError ReadEntry(
        FuseOpcode opcode, ReadOnlySpan<byte> source, int trailingBytes, out WireEntry entry)
    {
        int behind = source.Length - ClassicEntryBytes;
        bool isShort = trailingBytes >= 0 && Operation.TakesTrailing(trailingBytes, behind)
            && !IsFilled(source, trailingBytes, behind);
        if (isShort || !ReplyBrings(opcode))
            return base.ReadEntry(source, trailingBytes, out entry);
        entry = default;
        if (!MemoryMarshal.TryRead(source, out fuse_entry_out fixedPart))
            return new WireError(WireFault.Truncated, 0, ClassicEntryBytes, source.Length);
        WireError fault = _design.Encoding.Read(
            source[ClassicEntryBytes..], ClassicEntryBytes, out FileHandle handle, out int bytes);
        if (fault.IsError)
            return fault;
        int all = ClassicEntryBytes + bytes;
        if (!Operation.TakesTrailing(trailingBytes, source.Length - all))
            return new WireError(WireFault.LengthLies, 0, all + trailingBytes, source.Length);
        entry = new WireEntry(fixedPart, handle, all);
        return WireError.None;
    }

    /// <summary>
    /// An entry whose handle is 8 bytes on the wire, as where there is none, is as long with a
    /// fuse_open_out behind it as today's with that of 7.47: it is the one with the handle.
    /// </summary>
    private bool IsFilled(ReadOnlySpan<byte> source, int trailingBytes, int behind) =>
        behind != trailingBytes
        && !_design.Encoding.Read(
            source[ClassicEntryBytes..], ClassicEntryBytes, out _, out int bytes).IsError
        && bytes + trailingBytes == behind;

    private static WireDesign Checked(WireDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return design;
    }
}
