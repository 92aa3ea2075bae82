using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>Replies: a compound's, or an entry without attributes alone.</summary>
public sealed partial class V3Dialect
{
    public override bool TryWriteEntryReply(
        Span<byte> destination, FuseOpcode opcode, ulong unique, in fuse_entry_out entry,
        uint handleType, ReadOnlySpan<byte> handle, ReadOnlySpan<byte> trailing, out int written)
    {
        if (!HasHandleForm(opcode))
        {
            return base.TryWriteEntryReply(
                destination, opcode, unique, entry, 0, [], trailing, out written);
        }

        written = 0;
        int all = ReplyBytes(opcode, handle.Length);
        bool opens = opcode == FuseOpcode.FUSE_CREATE && !IsApart(opcode);
        if (destination.Length < all || handle.Length > MaxHandleBytes
            || trailing.Length != (opens ? Operation.OpenOutBytes : 0))
        {
            return false;
        }

        destination[..all].Clear();
        int at = 0;
        if (!IsApart(opcode))
        {
            WriteHead(destination, unique, all);
            at = FuseReply.HeaderBytes + CompoundFraming.HeadBytes;
        }

        int part = FuseReply.HeaderBytes + EntryOutBytes + OpaqueHandle.WireBytes(handle.Length);
        WriteHead(destination[at..], unique, part);
        MemoryMarshal.Write(destination[(at + FuseReply.HeaderBytes)..], new fuse_entry2_out
        {
            nodeid = entry.nodeid,
            generation = entry.generation,
            entry_valid = entry.entry_valid,
            entry_valid_nsec = entry.entry_valid_nsec,
        });
        OpaqueHandle.Write(
            destination[(at + FuseReply.HeaderBytes + EntryOutBytes)..], handleType, handle);
        written = all;
        if (IsApart(opcode))
            return true;
        at += part;
        WriteHead(destination[at..], unique, FuseReply.HeaderBytes + StatxOutBytes);
        MemoryMarshal.Write(destination[(at + FuseReply.HeaderBytes)..], StatxAttributes.Of(entry));
        if (!opens)
            return true;
        at += FuseReply.HeaderBytes + StatxOutBytes;
        WriteHead(destination[at..], unique, FuseReply.HeaderBytes + trailing.Length);
        trailing.CopyTo(destination[(at + FuseReply.HeaderBytes)..]);
        return true;
    }

    /// <summary>
    /// As of every dialect: what CREATE's OPEN returned stands at the end of the message.
    /// </summary>
    public override WireError ReadEntryReply(
        FuseOpcode opcode, scoped in FuseReply reply, out WireEntry entry, out int errno)
    {
        if (!HasHandleForm(opcode))
            return base.ReadEntryReply(opcode, reply, out entry, out errno);
        errno = 0;
        entry = default;
        if (IsApart(opcode))
            return ReadEntry2(reply.Body, FuseReply.HeaderBytes, reply.Body.Length, out entry);
        CompoundReader parts = CompoundReader.OfReply(reply.Body);
        WireError fault = NextPart(ref parts, reply.Body.Length, out FuseReply found, out errno);
        if (fault.IsError || errno != 0)
            return fault;
        bool opens = opcode == FuseOpcode.FUSE_CREATE;
        int bytes = reply.Body.Length - (opens ? Operation.OpenOutBytes : 0);
        fault = ReadEntry2(
            found.Body, parts.Position + FuseReply.HeaderBytes, bytes, out WireEntry named);
        if (!fault.IsError)
            fault = NextPart(ref parts, reply.Body.Length, StatxOutBytes, out found, out errno);
        if (fault.IsError || errno != 0)
            return fault;
        fuse_entry_out whole = named.Entry;
        StatxAttributes.Fill(ref whole, MemoryMarshal.Read<fuse_statx_out>(found.Body));
        if (opens)
        {
            fault = NextPart(
                ref parts, reply.Body.Length, Operation.OpenOutBytes, out _, out errno);
            if (fault.IsError || errno != 0)
                return fault;
        }

        if (parts.MoveNext() || parts.Error.IsError)
            return parts.Error.IsError ? parts.Error : Overlong(parts);
        if (Has(DialectDefect.V3EntryValidForAttributes))
        {
            whole.attr_valid = whole.entry_valid;
            whole.attr_valid_nsec = whole.entry_valid_nsec;
        }

        entry = new WireEntry(whole, named.Handle, bytes);
        return WireError.None;
    }

    /// <summary>The head of a successful reply of so many bytes, head included.</summary>
    private static void WriteHead(Span<byte> destination, ulong unique, int bytes) =>
        MessageBuilder.WriteReplyHead(
            destination, unique, Errno.None, bytes - FuseReply.HeaderBytes);

    /// <summary>fuse_entry2_out and the handle behind it fill the whole of a part.</summary>
    private WireError ReadEntry2(
        ReadOnlySpan<byte> body, int position, int bytes, out WireEntry entry)
    {
        entry = default;
        if (!MemoryMarshal.TryRead(body, out fuse_entry2_out fixedPart))
            return new WireError(WireFault.Truncated, position, EntryOutBytes, body.Length);
        WireError fault = OpaqueHandle.Read(
            body[EntryOutBytes..], position + EntryOutBytes, MaxHandleBytes,
            out FileHandle handle, out int handleBytes);
        if (fault.IsError)
            return fault;
        if (EntryOutBytes + handleBytes != body.Length)
        {
            return new WireError(
                WireFault.LengthLies, position, EntryOutBytes + handleBytes, body.Length);
        }

        fuse_entry_out whole = new()
        {
            nodeid = fixedPart.nodeid,
            generation = fixedPart.generation,
            entry_valid = fixedPart.entry_valid,
            entry_valid_nsec = fixedPart.entry_valid_nsec,
        };
        entry = new WireEntry(whole, handle, bytes);
        return WireError.None;
    }

    private static WireError NextPart(
        scoped ref CompoundReader parts, int bodyBytes, int wanted, out FuseReply part,
        out int errno)
    {
        WireError fault = NextPart(ref parts, bodyBytes, out part, out errno);
        return fault.IsError || errno != 0 || part.Body.Length == wanted
            ? fault
            : new WireError(WireFault.LengthLies, parts.Position, wanted, part.Body.Length);
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
}
