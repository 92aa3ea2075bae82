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

        return TryWriteForm(
            destination, opcode, unique, entry, handleType, handle, trailing, Errno.None,
            out written);
    }

    public override bool TryWriteStatxFailure(
        Span<byte> destination, FuseOpcode opcode, ulong unique, in fuse_entry_out entry,
        uint handleType, ReadOnlySpan<byte> handle, Errno errno, out int written)
    {
        written = 0;
        return HasHandleForm(opcode) && !IsApart(opcode) && TryWriteForm(
            destination, opcode, unique, entry, handleType, handle, [], errno, out written);
    }

    /// <summary>A compound's reply, which a failed STATX ends, or one part.</summary>
    private bool TryWriteForm(
        Span<byte> destination, FuseOpcode opcode, ulong unique, in fuse_entry_out entry,
        uint handleType, ReadOnlySpan<byte> handle, ReadOnlySpan<byte> trailing, Errno errno,
        out int written)
    {
        written = 0;
        int all = ReplyBytes(opcode, handle.Length);
        bool opens = opcode == FuseOpcode.FUSE_CREATE && !IsApart(opcode)
            && errno == Errno.None;
        if (destination.Length < all || handle.Length > MaxHandleBytes
            || trailing.Length != (opens ? Operation.OpenOutBytes : 0))
        {
            return false;
        }

        destination[..all].Clear();
        int at = IsApart(opcode) ? 0 : FuseReply.HeaderBytes + CompoundFraming.HeadBytes;
        int part = FuseReply.HeaderBytes + EntryOutBytes + OpaqueHandle.WireBytes(handle.Length);
        CompoundParts.WriteHead(destination[at..], unique, part);
        MemoryMarshal.Write(destination[(at + FuseReply.HeaderBytes)..], new fuse_entry2_out
        {
            nodeid = entry.nodeid,
            generation = entry.generation,
            entry_valid = entry.entry_valid,
            entry_valid_nsec = entry.entry_valid_nsec,
        });
        OpaqueHandle.Write(
            destination[(at + FuseReply.HeaderBytes + EntryOutBytes)..], handleType, handle);
        written = at + part;
        if (IsApart(opcode))
            return true;
        written += CompoundParts.WriteStatx(destination[written..], unique, entry, errno);
        if (opens)
        {
            int open = FuseReply.HeaderBytes + trailing.Length;
            CompoundParts.WriteHead(destination[written..], unique, open);
            trailing.CopyTo(destination[(written + FuseReply.HeaderBytes)..]);
            written += open;
        }

        CompoundParts.WriteHead(destination, unique, written);
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
        int all = reply.Body.Length;
        CompoundReader parts = CompoundReader.OfReply(reply.Body);
        WireError fault = CompoundParts.NextPart(ref parts, all, out FuseReply found, out errno);
        if (fault.IsError || errno != 0)
            return fault;
        bool opens = opcode == FuseOpcode.FUSE_CREATE;
        int bytes = all - (opens ? Operation.OpenOutBytes : 0);
        fault = ReadEntry2(
            found.Body, parts.Position + FuseReply.HeaderBytes, bytes, out WireEntry named);
        if (!fault.IsError)
        {
            fault = CompoundParts.NextPart(
                ref parts, all, CompoundParts.StatxOutBytes, out found, out errno);
        }

        fuse_entry_out whole = named.Entry;
        if (!fault.IsError && errno == 0)
        {
            StatxAttributes.Fill(ref whole, MemoryMarshal.Read<fuse_statx_out>(found.Body));
            if (opens)
            {
                fault = CompoundParts.NextPart(
                    ref parts, all, Operation.OpenOutBytes, out _, out errno);
            }

            if (!fault.IsError && errno == 0)
                fault = CompoundParts.End(ref parts);
        }

        if (fault.IsError)
            return fault;
        if (errno != 0)
        {
            entry = named;
            return fault;
        }

        if (Has(DialectDefect.V3EntryValidForAttributes))
        {
            whole.attr_valid = whole.entry_valid;
            whole.attr_valid_nsec = whole.entry_valid_nsec;
        }

        entry = new WireEntry(whole, named.Handle, bytes);
        return WireError.None;
    }

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
}
