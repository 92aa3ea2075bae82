using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// fusex of 2026-04-29, a file system type of its own, with the handle that its source announces
/// ("will extend with file handle", "will add file handle" to every request). A sketch: entry and
/// FORGET are as posted; where the handle goes is not posted, so it stands as v3 has it, opaque
/// behind the entry and in an extension record of every request. Entries have no attributes and
/// no generation; STATX asks for the former. MKDIR, MKNOD and SYMLINK are one operation, MKOBJX, in
/// the form that a client of fusex gives it; LINK, CREATE and TMPFILE keep today's arguments
/// (PROPOSALS.md, section 2). A maximum of 0 is the patch as it was posted: no handle anywhere.
/// </summary>
public partial class FusexDialect : Dialect
{
    /// <summary>FUSE_ENTRYX_NEGATIVE: the name does not exist.</summary>
    public const uint Negative = 1u << 0;

    private static readonly int EntryOutBytes = Unsafe.SizeOf<fuse_entryx_out>();

    private static readonly DialectNumbers Posted = new()
    {
        Lookup = (FuseOpcode)55,
        MakeObject = (FuseOpcode)56,
    };

    private readonly int _maxHandleBytes;

    internal FusexDialect(DialectOptions options, int maxHandleBytes)
        : this(options.Name ?? "fusex", options, maxHandleBytes, Posted)
    {
    }

    private protected FusexDialect(
        string name, DialectOptions options, int maxHandleBytes, DialectNumbers posted)
        : base(name, options with { HandleInEveryRequest = true }, posted) =>
        _maxHandleBytes = maxHandleBytes;

    public override HandleOptIn OptIn => HandleOptIn.FileSystemType;

    public override int MaxHandleBytes => _maxHandleBytes;

    public override string FileSystemType => "fusex";

    public override Dialect With(DialectOptions options) =>
        new FusexDialect(options, _maxHandleBytes);

    public override bool ForgetsOne => true;

    public override bool ListsWithoutAttributes => true;

    public override bool AsksStatx => true;

    /// <summary>LOOKUPX, or what makes the object, then STATX.</summary>
    public override int RequestsPer(FuseOpcode opcode) =>
        Operation.Of(opcode).ReturnsOneEntry ? 2 : 1;

    public override int EntryBytes(int handleBytes) =>
        EntryOutBytes + (CarriesHandles ? OpaqueHandle.WireBytes(handleBytes) : 0);

    public override bool TryWriteEntry(
        Span<byte> destination,
        in fuse_entry_out entry,
        uint handleType,
        ReadOnlySpan<byte> handle,
        out int written)
    {
        written = EntryBytes(handle.Length);
        if (destination.Length < written || (CarriesHandles && handle.Length > MaxHandleBytes))
            return false;
        MemoryMarshal.Write(destination, new fuse_entryx_out
        {
            nodeid = entry.nodeid,
            entry_valid = entry.entry_valid,
            entry_valid_nsec = entry.entry_valid_nsec,
            flags = entry.nodeid == 0 ? Negative : 0,
        });
        if (CarriesHandles)
            OpaqueHandle.Write(destination[EntryOutBytes..], handleType, handle);
        return true;
    }

    /// <summary>
    /// Reads an entry; attributes and generation are zero. A nodeid of 0 without the negative
    /// mark, and the mark with a nodeid, are refused.
    /// </summary>
    public override WireError ReadEntry(
        ReadOnlySpan<byte> source,
        int trailingBytes,
        out WireEntry entry)
    {
        entry = default;
        if (!MemoryMarshal.TryRead(source, out fuse_entryx_out fixedPart))
            return new WireError(WireFault.Truncated, 0, EntryOutBytes, source.Length);
        bool isNegative = (fixedPart.flags & Negative) != 0;
        if (isNegative != (fixedPart.nodeid == 0))
            return new WireError(WireFault.BadValue, 0, isNegative ? 0 : 1, (long)fixedPart.nodeid);
        FileHandle handle = default;
        int bytes = 0;
        if (CarriesHandles)
        {
            WireError fault = OpaqueHandle.Read(
                source[EntryOutBytes..], EntryOutBytes, MaxHandleBytes, out handle, out bytes);
            if (fault.IsError)
                return fault;
        }

        int all = EntryOutBytes + bytes;
        if (!Operation.TakesTrailing(trailingBytes, source.Length - all))
            return new WireError(WireFault.LengthLies, 0, all + trailingBytes, source.Length);
        fuse_entry_out whole = new()
        {
            nodeid = fixedPart.nodeid,
            entry_valid = fixedPart.entry_valid,
            entry_valid_nsec = fixedPart.entry_valid_nsec,
        };
        entry = new WireEntry(whole, handle, all);
        return WireError.None;
    }

    public override bool TryWriteRequest(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written)
    {
        if (!Operation.Of(classic.Opcode).NamesAnInode)
            return base.TryWriteRequest(destination, classic, handleType, handle, out written);
        if (MakesObject(classic.Opcode))
            return TryWriteMakeObject(destination, classic, handleType, handle, out written);
        FuseOpcode opcode = classic.Opcode == FuseOpcode.FUSE_LOOKUP
            ? Numbers.Lookup
            : classic.Opcode;
        return TryWriteWithExtension(
            destination, classic, opcode, handleType, handle, out written);
    }

    public override WireError ReadRequest(scoped in FuseRequest request, out WireRequest wire)
    {
        if (request.Opcode == Numbers.MakeObject)
            return ReadMakeObject(request, out wire);
        if (request.Opcode != Numbers.Lookup)
            return base.ReadRequest(request, out wire);
        fuse_in_header header = request.Header;
        header.opcode = (uint)FuseOpcode.FUSE_LOOKUP;
        WireError fault = ReadHandle(request, out FileHandle handle);
        wire = new WireRequest(header, request.Body, handle);
        return fault;
    }

    /// <summary>The handle that a request brings; none where the dialect has none.</summary>
    private protected WireError ReadHandle(scoped in FuseRequest request, out FileHandle handle)
    {
        handle = default;
        return CarriesHandles ? ReadExtension(request, out handle) : WireError.None;
    }
}
