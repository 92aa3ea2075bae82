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
        int partAt = CompoundParts.FirstAt(framing);
        if (destination.Length < partAt || !TryWriteWithExtension(
            destination[partAt..], classic, FirstPart(opcode), handleType, handle, out int part))
        {
            return false;
        }

        fuse_in_header header = classic.Header;
        header.opcode = (uint)Numbers.Compound;
        int tail = opens ? framing.PartHeadBytes + OpenPartBytes : 0;
        if (!CompoundParts.TryWrite(
            destination, framing, ref header, part, tail, StatxAttributes.BasicMask,
            out int end))
        {
            return false;
        }

        int results = ReplyBytes(opcode, MaxHandleBytes) - FuseReply.HeaderBytes;
        framing.WriteHead(destination[FuseRequest.HeaderBytes..], results, isAtomic: opens);
        if (opens)
        {
            framing.WritePartHead(destination[end..], dependsOn: 0);
            CompoundParts.WritePart(
                destination[(end + framing.PartHeadBytes)..], header, FuseOpcode.FUSE_OPEN,
                new fuse_open_in { flags = create.flags & ~NotOfOpen });
        }

        written = end + tail;
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

    private WireError ReadCompound(scoped in FuseRequest request, out WireRequest wire)
    {
        wire = default;
        CompoundReader parts = CompoundReader.OfRequest(request.Body, Options.Compound);
        if (!parts.MoveNext())
            return CompoundParts.Missing(parts, request.Body.Length);
        if (!FuseRequest.TryParse(parts.Part, out FuseRequest first, out WireError fault))
            return CompoundParts.At(parts.Position, fault);
        if (first.Opcode != Numbers.Lookup && first.Opcode != Numbers.MakeObject)
            return CompoundParts.OtherPart(parts.Position, Numbers.Lookup, first.Opcode);
        int firstAt = parts.Position;
        fault = CompoundParts.ReadPart(ref parts, request.Body.Length, FuseOpcode.FUSE_STATX);
        if (!fault.IsError && first.Opcode == Numbers.MakeObject)
            fault = CompoundParts.ReadPart(ref parts, request.Body.Length, FuseOpcode.FUSE_OPEN);
        if (!fault.IsError)
            fault = CompoundParts.End(ref parts);
        if (fault.IsError)
            return fault;
        fault = ReadFirst(first, request.Header, isAlone: false, out wire);
        return fault.IsError ? CompoundParts.At(firstAt, fault) : WireError.None;
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
}
