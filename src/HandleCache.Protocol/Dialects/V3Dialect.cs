using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// LOOKUP_HANDLE v3 of 2026-02-25: LOOKUP is FUSE_COMPOUND of LOOKUP_HANDLE and STATX. The entry
/// has no attributes (fuse_entry2_out and an opaque handle), the parent's handle is an extension
/// record of the first part, and STATX has FUSE_ROOT_ID where its nodeid will be put. Every other
/// operation is today's: its entry brings no handle (facts/handle-proposals.md, section 2).
/// </summary>
public sealed class V3Dialect : Dialect
{
    private static readonly int EntryOutBytes = Unsafe.SizeOf<fuse_entry2_out>();
    private static readonly int StatxInBytes = Unsafe.SizeOf<fuse_statx_in>();
    private static readonly int StatxOutBytes = Unsafe.SizeOf<fuse_statx_out>();
    private static readonly int StatxPartBytes = FuseRequest.HeaderBytes + StatxInBytes;

    private static readonly DialectNumbers Posted = new()
    {
        InitFlag = (FuseInitFlags)(1UL << 43),
        Lookup = (FuseOpcode)55,
        Compound = (FuseOpcode)54,
    };

    internal V3Dialect(DialectOptions options) : base("v3", options, Posted) { }

    public override HandleOptIn OptIn => HandleOptIn.InitBit;

    public override FuseInitFlags OfferedFlags => Has(DialectDefect.V3OpcodeInInitMask)
        ? (FuseInitFlags)(ulong)Numbers.Lookup
        : InitFlag;

    /// <summary>MAX_HANDLE_SZ without the folded type.</summary>
    public override int MaxHandleBytes => OpaqueHandle.MaxBytes;

    public override bool RequestBrings(FuseOpcode opcode) =>
        opcode == FuseOpcode.FUSE_LOOKUP || base.RequestBrings(opcode);

    public override bool ReplyBrings(FuseOpcode opcode) => opcode == FuseOpcode.FUSE_LOOKUP;

    public override int RequestBytes(FuseOpcode opcode, int classicBytes, int handleBytes)
    {
        if (opcode != FuseOpcode.FUSE_LOOKUP)
            return base.RequestBytes(opcode, classicBytes, handleBytes);
        int record = handleBytes > 0 ? HandleExtension.RecordBytes(handleBytes) : 0;
        return FuseRequest.HeaderBytes + CompoundFraming.HeadBytes
            + (2 * Options.Compound.PartHeadBytes) + classicBytes + record + StatxPartBytes;
    }

    public override int ReplyBytes(FuseOpcode opcode, int handleBytes) =>
        opcode == FuseOpcode.FUSE_LOOKUP
            ? (3 * FuseReply.HeaderBytes) + CompoundFraming.HeadBytes + EntryOutBytes
                + OpaqueHandle.WireBytes(handleBytes) + StatxOutBytes
            : base.ReplyBytes(opcode, handleBytes);

    public override bool TryWriteRequest(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written)
    {
        if (classic.Opcode != FuseOpcode.FUSE_LOOKUP)
            return base.TryWriteRequest(destination, classic, handleType, handle, out written);
        CompoundFraming framing = Options.Compound;
        written = 0;
        int partAt = FuseRequest.HeaderBytes + CompoundFraming.HeadBytes + framing.PartHeadBytes;
        if (destination.Length < partAt || !TryWriteWithExtension(
            destination[partAt..], classic, Numbers.Lookup, handleType, handle, out int part))
        {
            return false;
        }

        int statxAt = partAt + part + framing.PartHeadBytes;
        int all = statxAt + StatxPartBytes;
        if (destination.Length < all)
            return false;
        fuse_in_header header = classic.Header;
        header.len = (uint)all;
        header.opcode = (uint)Numbers.Compound;
        header.total_extlen = 0;
        MemoryMarshal.Write(destination, header);
        int results = ReplyBytes(FuseOpcode.FUSE_LOOKUP, MaxHandleBytes) - FuseReply.HeaderBytes;
        framing.WriteHead(destination[FuseRequest.HeaderBytes..], results);
        framing.WritePartHead(
            destination[(partAt - framing.PartHeadBytes)..], CompoundFraming.NoDependence);
        framing.WritePartHead(destination[(statxAt - framing.PartHeadBytes)..], dependsOn: 0);
        header.len = (uint)StatxPartBytes;
        header.opcode = (uint)FuseOpcode.FUSE_STATX;
        header.nodeid = FuseConstants.FUSE_ROOT_ID;
        MemoryMarshal.Write(destination[statxAt..], header);
        MemoryMarshal.Write(
            destination[(statxAt + FuseRequest.HeaderBytes)..],
            new fuse_statx_in { sx_mask = StatxAttributes.BasicMask });
        written = all;
        return true;
    }

    public override WireError ReadRequest(scoped in FuseRequest request, out WireRequest wire)
    {
        if (request.Opcode != Numbers.Compound)
            return base.ReadRequest(request, out wire);
        wire = default;
        CompoundReader parts = CompoundReader.OfRequest(request.Body, Options.Compound);
        if (!parts.MoveNext())
            return Missing(parts, request.Body.Length);
        if (!FuseRequest.TryParse(parts.Part, out FuseRequest lookup, out WireError fault))
            return At(parts.Position, fault);
        if (lookup.Opcode != Numbers.Lookup)
            return new WireError(
                WireFault.UnknownCode, parts.Position + 4, (long)Numbers.Lookup,
                lookup.Header.opcode);
        int lookupAt = parts.Position;
        if (!parts.MoveNext())
            return Missing(parts, request.Body.Length);
        if (!FuseRequest.TryParse(parts.Part, out FuseRequest statx, out fault))
            return At(parts.Position, fault);
        if (statx.Opcode != FuseOpcode.FUSE_STATX)
            return new WireError(
                WireFault.UnknownCode, parts.Position + 4, (long)FuseOpcode.FUSE_STATX,
                statx.Header.opcode);
        fault = statx.CheckShape();
        if (fault.IsError)
            return At(parts.Position, fault);
        if (parts.MoveNext() || parts.Error.IsError)
            return parts.Error.IsError ? parts.Error : Overlong(parts);
        fault = ReadExtension(lookup, out WireHandle handle);
        fuse_in_header header = request.Header;
        header.opcode = (uint)FuseOpcode.FUSE_LOOKUP;
        header.nodeid = lookup.Header.nodeid;
        wire = new WireRequest(header, lookup.Body, handle);
        return fault.IsError ? At(lookupAt, fault) : WireError.None;
    }

    public override bool TryWriteEntryReply(
        Span<byte> destination, FuseOpcode opcode, ulong unique, in fuse_entry_out entry,
        uint handleType, ReadOnlySpan<byte> handle, ReadOnlySpan<byte> trailing, out int written)
    {
        if (opcode != FuseOpcode.FUSE_LOOKUP)
        {
            return base.TryWriteEntryReply(
                destination, opcode, unique, entry, 0, [], trailing, out written);
        }

        written = 0;
        int all = ReplyBytes(opcode, handle.Length);
        if (destination.Length < all || handle.Length > MaxHandleBytes)
            return false;
        destination[..all].Clear();
        WriteHead(destination, all, unique);
        int at = FuseReply.HeaderBytes + CompoundFraming.HeadBytes;
        int part = FuseReply.HeaderBytes + EntryOutBytes + OpaqueHandle.WireBytes(handle.Length);
        WriteHead(destination[at..], part, unique);
        MemoryMarshal.Write(destination[(at + FuseReply.HeaderBytes)..], new fuse_entry2_out
        {
            nodeid = entry.nodeid,
            generation = entry.generation,
            entry_valid = entry.entry_valid,
            entry_valid_nsec = entry.entry_valid_nsec,
        });
        OpaqueHandle.Write(
            destination[(at + FuseReply.HeaderBytes + EntryOutBytes)..], handleType, handle);
        at += part;
        WriteHead(destination[at..], FuseReply.HeaderBytes + StatxOutBytes, unique);
        MemoryMarshal.Write(destination[(at + FuseReply.HeaderBytes)..], StatxAttributes.Of(entry));
        written = all;
        return true;
    }

    public override WireError ReadEntryReply(
        FuseOpcode opcode, in FuseReply reply, out WireEntry entry, out int errno)
    {
        if (opcode != FuseOpcode.FUSE_LOOKUP)
            return base.ReadEntryReply(opcode, reply, out entry, out errno);
        entry = default;
        CompoundReader parts = CompoundReader.OfReply(reply.Body);
        WireError fault = NextPart(ref parts, reply.Body.Length, out FuseReply found, out errno);
        if (fault.IsError || errno != 0)
            return fault;
        int position = parts.Position + FuseReply.HeaderBytes;
        if (!MemoryMarshal.TryRead(found.Body, out fuse_entry2_out fixedPart))
            return new WireError(
                WireFault.Truncated, position, EntryOutBytes, found.Body.Length);
        fault = OpaqueHandle.Read(
            found.Body[EntryOutBytes..], position + EntryOutBytes, MaxHandleBytes,
            out WireHandle handle, out int bytes);
        if (!fault.IsError && EntryOutBytes + bytes != found.Body.Length)
        {
            fault = new WireError(
                WireFault.LengthLies, position, EntryOutBytes + bytes, found.Body.Length);
        }

        if (fault.IsError)
            return fault;
        fault = NextPart(ref parts, reply.Body.Length, out FuseReply attributes, out errno);
        if (fault.IsError || errno != 0)
            return fault;
        if (attributes.Body.Length != StatxOutBytes)
            return new WireError(
                WireFault.LengthLies, parts.Position, StatxOutBytes, attributes.Body.Length);
        if (parts.MoveNext() || parts.Error.IsError)
            return parts.Error.IsError ? parts.Error : Overlong(parts);
        fuse_entry_out whole = new()
        {
            nodeid = fixedPart.nodeid,
            generation = fixedPart.generation,
            entry_valid = fixedPart.entry_valid,
            entry_valid_nsec = fixedPart.entry_valid_nsec,
        };
        StatxAttributes.Fill(ref whole, MemoryMarshal.Read<fuse_statx_out>(attributes.Body));
        if (Has(DialectDefect.V3EntryValidForAttributes))
        {
            whole.attr_valid = whole.entry_valid;
            whole.attr_valid_nsec = whole.entry_valid_nsec;
        }

        entry = new WireEntry(
            whole, handle.Type, handle.Bytes, !handle.IsNone, reply.Body.Length);
        return WireError.None;
    }

    private static WireError NextPart(
        scoped ref CompoundReader parts, int bodyBytes, out FuseReply part, out int errno)
    {
        part = default;
        errno = 0;
        if (!parts.MoveNext())
            return Missing(parts, bodyBytes);
        if (!FuseReply.TryParse(parts.Part, out part, out WireError fault))
            return At(parts.Position, fault);
        errno = part.Header.error;
        return WireError.None;
    }

    private static WireError Missing(scoped in CompoundReader parts, int bodyBytes) =>
        parts.Error.IsError
            ? parts.Error
            : new WireError(WireFault.Truncated, bodyBytes, FuseReply.HeaderBytes, 0);

    private static WireError Overlong(scoped in CompoundReader parts) =>
        new(WireFault.Overlong, parts.Position, 0, parts.Part.Length);

    private static WireError At(int position, WireError inner) =>
        inner with { Position = position + inner.Position };
}
