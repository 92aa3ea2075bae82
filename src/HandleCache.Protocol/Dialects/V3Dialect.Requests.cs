using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>Requests: a compound, or its first part alone.</summary>
public sealed partial class V3Dialect
{
    /// <summary>
    /// What the caller's flags lose on their way into OPEN: O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC.
    /// The posted code has FOPEN_KEEP_CACHE, a flag of replies, where the caller's belong, and
    /// marks the place as open; here are the caller's, as fuse_send_open() sends them.
    /// </summary>
    private const uint NotOfOpen = 0x40 | 0x80 | 0x100 | 0x200;

    public override bool TryWriteRequest(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written)
    {
        FuseOpcode opcode = classic.Opcode;
        if (!HasHandleForm(opcode))
            return base.TryWriteRequest(destination, classic, handleType, handle, out written);
        if (IsApart(opcode))
        {
            return TryWriteWithExtension(
                destination, classic, FirstPart(opcode), handleType, handle, out written);
        }

        CompoundFraming framing = Options.Compound;
        written = 0;
        bool opens = opcode == FuseOpcode.FUSE_CREATE;
        fuse_create_in create = default;
        if (opens && !MemoryMarshal.TryRead(classic.Body, out create))
            return false;
        int partAt = FuseRequest.HeaderBytes + CompoundFraming.HeadBytes + framing.PartHeadBytes;
        if (destination.Length < partAt || !TryWriteWithExtension(
            destination[partAt..], classic, FirstPart(opcode), handleType, handle, out int part))
        {
            return false;
        }

        int statxAt = partAt + part + framing.PartHeadBytes;
        int openAt = statxAt + StatxPartBytes + framing.PartHeadBytes;
        int all = opens ? openAt + OpenPartBytes : statxAt + StatxPartBytes;
        if (destination.Length < all)
            return false;
        fuse_in_header header = classic.Header;
        header.len = (uint)all;
        header.opcode = (uint)Numbers.Compound;
        header.total_extlen = 0;
        MemoryMarshal.Write(destination, header);
        int results = ReplyBytes(opcode, MaxHandleBytes) - FuseReply.HeaderBytes;
        framing.WriteHead(destination[FuseRequest.HeaderBytes..], results, isAtomic: opens);
        framing.WritePartHead(
            destination[(partAt - framing.PartHeadBytes)..], CompoundFraming.NoDependence);
        framing.WritePartHead(destination[(statxAt - framing.PartHeadBytes)..], dependsOn: 0);
        WritePart(
            destination[statxAt..], header, FuseOpcode.FUSE_STATX,
            new fuse_statx_in { sx_mask = StatxAttributes.BasicMask });
        if (opens)
        {
            framing.WritePartHead(destination[(openAt - framing.PartHeadBytes)..], dependsOn: 0);
            WritePart(
                destination[openAt..], header, FuseOpcode.FUSE_OPEN,
                new fuse_open_in { flags = create.flags & ~NotOfOpen });
        }

        written = all;
        return true;
    }

    public override WireError ReadRequest(scoped in FuseRequest request, out WireRequest wire)
    {
        if (request.Opcode == Numbers.Compound)
            return ReadCompound(request, out wire);
        if (request.Opcode != Numbers.Lookup && request.Opcode != Numbers.MakeObject)
            return base.ReadRequest(request, out wire);
        return ReadFirst(request, request.Header, isAlone: true, out wire);
    }

    /// <summary>A later part: the nodeid is put in by whoever carries the compound out.</summary>
    private static void WritePart<T>(
        Span<byte> destination, fuse_in_header header, FuseOpcode opcode, in T arguments)
        where T : unmanaged
    {
        header.len = (uint)(FuseRequest.HeaderBytes + Marshal.SizeOf<T>());
        header.opcode = (uint)opcode;
        header.nodeid = FuseConstants.FUSE_ROOT_ID;
        MemoryMarshal.Write(destination, header);
        MemoryMarshal.Write(destination[FuseRequest.HeaderBytes..], arguments);
    }

    private WireError ReadCompound(scoped in FuseRequest request, out WireRequest wire)
    {
        wire = default;
        CompoundReader parts = CompoundReader.OfRequest(request.Body, Options.Compound);
        if (!parts.MoveNext())
            return Missing(parts, request.Body.Length);
        if (!FuseRequest.TryParse(parts.Part, out FuseRequest first, out WireError fault))
            return At(parts.Position, fault);
        if (first.Opcode != Numbers.Lookup && first.Opcode != Numbers.MakeObject)
            return OtherPart(parts.Position, Numbers.Lookup, first.Opcode);
        int firstAt = parts.Position;
        fault = ReadPart(ref parts, request.Body.Length, FuseOpcode.FUSE_STATX);
        if (!fault.IsError && first.Opcode == Numbers.MakeObject)
            fault = ReadPart(ref parts, request.Body.Length, FuseOpcode.FUSE_OPEN);
        if (fault.IsError)
            return fault;
        if (parts.MoveNext() || parts.Error.IsError)
            return parts.Error.IsError ? parts.Error : Overlong(parts);
        fault = ReadFirst(first, request.Header, isAlone: false, out wire);
        return fault.IsError ? At(firstAt, fault) : WireError.None;
    }

    private WireError ReadFirst(
        scoped in FuseRequest first, fuse_in_header header, bool isAlone, out WireRequest wire)
    {
        FuseOpcode opcode = first.Opcode == Numbers.MakeObject
            ? FuseOpcode.FUSE_CREATE
            : FuseOpcode.FUSE_LOOKUP;
        WireError fault = ReadExtension(first, out FileHandle handle);
        header.opcode = (uint)opcode;
        header.nodeid = first.Header.nodeid;
        wire = new WireRequest(header, first.Body, handle) { IsAlone = isAlone };
        return fault;
    }

    private static WireError ReadPart(
        scoped ref CompoundReader parts, int bodyBytes, FuseOpcode expected)
    {
        if (!parts.MoveNext())
            return Missing(parts, bodyBytes);
        if (!FuseRequest.TryParse(parts.Part, out FuseRequest part, out WireError fault))
            return At(parts.Position, fault);
        if (part.Opcode != expected)
            return OtherPart(parts.Position, expected, part.Opcode);
        fault = part.CheckShape();
        return fault.IsError ? At(parts.Position, fault) : WireError.None;
    }

    private static WireError OtherPart(int position, FuseOpcode expected, FuseOpcode found) =>
        new(WireFault.UnknownCode, position + 4, (long)expected, (long)found);

    private static WireError Missing(scoped in CompoundReader parts, int bodyBytes) =>
        parts.Error.IsError
            ? parts.Error
            : new WireError(WireFault.Truncated, bodyBytes, FuseReply.HeaderBytes, 0);

    private static WireError Overlong(scoped in CompoundReader parts) =>
        new(WireFault.Overlong, parts.Position, 0, parts.Part.Length);

    private static WireError At(int position, WireError inner) =>
        inner with { Position = position + inner.Position };
}
