using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// Whole messages: today's request into the dialect's and back, and the replies that return an
/// entry. Where a dialect adds nothing, a message is today's, byte for byte.
/// </summary>
public partial class Dialect
{
    /// <summary>
    /// Whether a request brings the handle of the inode its nodeid names; of LOOKUP and of the
    /// creating operations that is the parent.
    /// </summary>
    public virtual bool RequestBrings(FuseOpcode opcode) =>
        Options.HandleInEveryRequest && CarriesHandles && Operation.Of(opcode).NamesAnInode;

    /// <summary>Whether the reply returns the new inode's handle.</summary>
    public virtual bool ReplyBrings(FuseOpcode opcode) =>
        CarriesHandles && Operation.Of(opcode).Entry != EntryReplyForm.None;

    /// <summary>
    /// Bytes of the whole request that takes <paramref name="classicBytes"/> bytes today.
    /// </summary>
    public virtual int RequestBytes(FuseOpcode opcode, int classicBytes, int handleBytes) =>
        RequestBrings(opcode) && handleBytes > 0
            ? classicBytes + RecordBytes(handleBytes)
            : classicBytes;

    /// <summary>
    /// Bytes of the whole reply of an operation that returns one entry (0 for one that does not).
    /// </summary>
    public virtual int ReplyBytes(FuseOpcode opcode, int handleBytes)
    {
        Operation operation = Operation.Of(opcode);
        return operation.ReturnsOneEntry
            ? FuseReply.HeaderBytes + EntryBytes(handleBytes) + operation.TrailingBytes
            : 0;
    }

    /// <summary>Messages from the kernel for one LOOKUP with attributes.</summary>
    public int RequestsPerLookup => RequestsPer(FuseOpcode.FUSE_LOOKUP);

    /// <summary>
    /// Messages from the kernel for one of today's operations: 1, 2 where entry and attributes
    /// are asked for apart, 3 where CREATE's open is, too.
    /// </summary>
    public virtual int RequestsPer(FuseOpcode opcode) => 1;

    /// <summary>
    /// The dialect with the parts of an operation's compound sent one at a time; itself where it
    /// has no compound.
    /// </summary>
    public virtual Dialect Apart(FuseOpcode opcode) => this;

    /// <summary>
    /// How to go on where a server answered a request as a whole with this negative errno; null
    /// where the error is the operation's own.
    /// </summary>
    public virtual Dialect? AfterRefusal(FuseOpcode opcode, int errno) => null;

    /// <summary>
    /// Writes today's request in the dialect's form, with the handle of the inode it names; false
    /// when it does not fit or the handle is longer than the dialect takes.
    /// </summary>
    public virtual bool TryWriteRequest(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written)
    {
        if (!RequestBrings(classic.Opcode) || handle.IsEmpty)
            return TryWriteWithArgument(destination, classic, classic.Opcode, [], out written);
        return TryWriteWithExtension(
            destination, classic, classic.Opcode, handleType, handle, out written);
    }

    /// <summary>
    /// Reads a request of the dialect as today's and a handle. The shape of what is today's is
    /// not checked beyond what finding the handle needs.
    /// </summary>
    public virtual WireError ReadRequest(scoped in FuseRequest request, out WireRequest wire)
    {
        FileHandle handle = default;
        WireError fault = WireError.None;
        if (RequestBrings(request.Opcode))
            fault = ReadExtension(request, out handle);
        wire = new WireRequest(request.Header, request.Body, handle);
        return fault;
    }

    /// <summary>
    /// Writes the whole successful reply of an operation that returns one entry.
    /// </summary>
    /// <param name="destination">Room for header and body.</param>
    /// <param name="opcode">Today's opcode of the request.</param>
    /// <param name="unique">Of the request.</param>
    /// <param name="entry">The entry with its attributes; nodeid 0 is negative.</param>
    /// <param name="handleType">All 32 bits of the handle's type.</param>
    /// <param name="handle">Empty for none.</param>
    /// <param name="trailing">fuse_open_out of CREATE and TMPFILE, else empty.</param>
    /// <param name="written">Bytes of the message.</param>
    public virtual bool TryWriteEntryReply(
        Span<byte> destination, FuseOpcode opcode, ulong unique, in fuse_entry_out entry,
        uint handleType, ReadOnlySpan<byte> handle, ReadOnlySpan<byte> trailing, out int written)
    {
        written = 0;
        if (destination.Length < FuseReply.HeaderBytes
            || !TryWriteEntry(
                destination[FuseReply.HeaderBytes..], entry, handleType, handle, out int bytes)
            || !trailing.TryCopyTo(destination[(FuseReply.HeaderBytes + bytes)..]))
        {
            return false;
        }

        written = FuseReply.HeaderBytes + bytes + trailing.Length;
        MessageBuilder.WriteReplyHead(
            destination, unique, Errno.None, bytes + trailing.Length);
        return true;
    }

    /// <summary>
    /// Writes the reply of a compound whose entry succeeded and whose STATX failed; false where
    /// the operation has no compound.
    /// </summary>
    public virtual bool TryWriteStatxFailure(
        Span<byte> destination, FuseOpcode opcode, ulong unique, in fuse_entry_out entry,
        uint handleType, ReadOnlySpan<byte> handle, Errno errno, out int written)
    {
        written = 0;
        return false;
    }

    /// <summary>Reads the successful reply of an operation that returns one entry.</summary>
    /// <param name="opcode">Today's opcode of the request.</param>
    /// <param name="reply">The reply, without error.</param>
    /// <param name="entry">
    /// The entry; default when the operation failed. Of a compound whose first part succeeded and
    /// a later one failed it is what the first part brought: the kernel has to forget it.
    /// </param>
    /// <param name="errno">0, or the negative errno of a compound's part that failed.</param>
    public virtual WireError ReadEntryReply(
        FuseOpcode opcode, scoped in FuseReply reply, out WireEntry entry, out int errno)
    {
        errno = 0;
        return ReadEntry(
            reply.Body, Operation.Of(opcode).TrailingBytes, out entry);
    }

    /// <summary>
    /// Today's request under another opcode with one more in-argument behind its body; its
    /// extensions stay at the end.
    /// </summary>
    protected static bool TryWriteWithArgument(
        Span<byte> destination, scoped in FuseRequest classic, FuseOpcode opcode,
        scoped ReadOnlySpan<byte> argument, out int written)
    {
        int body = FuseRequest.HeaderBytes + classic.Body.Length;
        written = body + argument.Length + classic.Extensions.Length;
        if (destination.Length < written)
            return false;
        fuse_in_header header = classic.Header;
        header.len = (uint)written;
        header.opcode = (uint)opcode;
        MemoryMarshal.Write(destination, header);
        classic.Body.CopyTo(destination[FuseRequest.HeaderBytes..]);
        argument.CopyTo(destination[body..]);
        classic.Extensions.CopyTo(destination[(body + argument.Length)..]);
        return true;
    }

    /// <summary>
    /// Today's request under another opcode with a handle's record behind its extensions.
    /// </summary>
    protected virtual bool TryWriteWithExtension(
        Span<byte> destination, scoped in FuseRequest classic, FuseOpcode opcode,
        uint handleType, scoped ReadOnlySpan<byte> handle, out int written)
    {
        written = 0;
        if (handle.Length > MaxHandleBytes
            || !TryWriteWithArgument(destination, classic, opcode, [], out int bytes))
        {
            return false;
        }

        int record = handle.IsEmpty ? 0 : HandleExtension.RecordBytes(handle.Length);
        if (destination.Length < bytes + record)
            return false;
        if (record > 0)
        {
            HandleExtension.Write(
                destination[bytes..], Numbers.Extension, handleType, handle);
        }

        written = bytes + record;
        fuse_in_header header = classic.Header;
        header.len = (uint)written;
        header.opcode = (uint)opcode;
        header.total_extlen += (ushort)(record / 8);
        MemoryMarshal.Write(destination, header);
        return true;
    }

    /// <summary>Bytes of the extension record that brings a handle.</summary>
    protected virtual int RecordBytes(int handleBytes) =>
        HandleExtension.RecordBytes(handleBytes);

    /// <summary>The handle in a request's extensions.</summary>
    protected virtual WireError ReadExtension(
        scoped in FuseRequest request, out FileHandle handle) =>
        HandleExtension.Read(
            request.Extensions, FuseRequest.HeaderBytes + request.Body.Length,
            Numbers.Extension, out handle);

    /// <summary>
    /// Finds where today's arguments of <paramref name="opcode"/> end in the body.
    /// </summary>
    /// <param name="request">The request as it came.</param>
    /// <param name="opcode">Today's opcode, whose shape the front of the body has.</param>
    /// <param name="wire">The request without what follows them.</param>
    /// <param name="end">Bytes of the body that are today's.</param>
    protected static WireError SplitArgument(
        scoped in FuseRequest request, FuseOpcode opcode, out WireRequest wire, out int end)
    {
        wire = default;
        end = 0;
        RequestShape shape = Operation.Of(opcode).Request;
        WireReader reader = new(request.Body, FuseRequest.HeaderBytes);
        if (!reader.TryReadBytes(shape.FixedBytes, out _))
            return reader.Error;
        for (int i = 0; i < shape.Names; i++)
        {
            if (!reader.TryReadName(out _))
                return reader.Error;
        }

        end = reader.Position - FuseRequest.HeaderBytes;
        fuse_in_header header = request.Header;
        header.opcode = (uint)opcode;
        wire = new WireRequest(header, request.Body[..end], default);
        return WireError.None;
    }
}
