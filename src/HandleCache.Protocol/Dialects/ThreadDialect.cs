using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// The message of 2025-11 that the project starts from: fuse_entry_out grows by a fixed
/// fuse_file_handle {u32 size; u32 type; u8 handle[128]}. LOOKUP_HANDLE brings the parent's handle
/// in a record of <see cref="RebindWriter"/>, as any request can.
/// </summary>
public sealed class ThreadDialect : Dialect
{
    /// <summary>Bytes of a record's head: fuse_ext_header, nodeid, type and size.</summary>
    private const int RecordHeadBytes = 24;

    /// <summary>Bytes of {size, type, handle[128]}.</summary>
    public const int HandleFieldBytes = HandleHeader.Bytes + FuseConstants.MAX_HANDLE_SZ;

    /// <summary>
    /// Bit 43, which 7.46 has since given to another feature (ABI.md).
    /// </summary>
    private static readonly DialectNumbers Posted = new()
    {
        InitFlag = (FuseInitFlags)(1UL << 43),
        Lookup = (FuseOpcode)54,
    };

    internal ThreadDialect(DialectOptions options) : base("thread", options, Posted) { }

    public override HandleOptIn OptIn => HandleOptIn.InitBitAndMaximum;

    public override bool BringsRebindRecords => true;

    public override uint RebindRecord => Numbers.Extension;

    public override Dialect With(DialectOptions options) => new ThreadDialect(options);

    public override int MaxHandleBytes => FuseConstants.MAX_HANDLE_SZ;

    public override int EntryBytes(int handleBytes) => ClassicEntryBytes + HandleFieldBytes;

    public override bool TryWriteEntry(
        Span<byte> destination,
        in fuse_entry_out entry,
        uint handleType,
        ReadOnlySpan<byte> handle,
        out int written)
    {
        written = ClassicEntryBytes + HandleFieldBytes;
        if (destination.Length < written || handle.Length > MaxHandleBytes)
            return false;
        MemoryMarshal.Write(destination, entry);
        Span<byte> field = destination.Slice(ClassicEntryBytes, HandleFieldBytes);
        MemoryMarshal.Write(field, new HandleHeader((uint)handle.Length, handleType));
        handle.CopyTo(field[HandleHeader.Bytes..]);
        field[(HandleHeader.Bytes + handle.Length)..].Clear();
        return true;
    }

    public override WireError ReadEntry(
        ReadOnlySpan<byte> source,
        int trailingBytes,
        out WireEntry entry)
    {
        if (trailingBytes >= 0 && source.Length == ClassicEntryBytes + trailingBytes)
            return base.ReadEntry(source, trailingBytes, out entry);

        entry = default;
        int bytes = ClassicEntryBytes + HandleFieldBytes;
        if (source.Length < bytes)
            return new WireError(WireFault.Truncated, 0, bytes, source.Length);
        if (trailingBytes >= 0 && source.Length != bytes + trailingBytes)
            return new WireError(WireFault.LengthLies, 0, bytes + trailingBytes, source.Length);
        fuse_entry_out fixedPart = MemoryMarshal.Read<fuse_entry_out>(source);
        HandleHeader header = MemoryMarshal.Read<HandleHeader>(source[ClassicEntryBytes..]);
        if (header.Size > FuseConstants.MAX_HANDLE_SZ)
        {
            return new WireError(
                WireFault.BadValue, ClassicEntryBytes, FuseConstants.MAX_HANDLE_SZ, header.Size);
        }

        ReadOnlySpan<byte> handle = source.Slice(
            ClassicEntryBytes + HandleHeader.Bytes, (int)header.Size);
        entry = new WireEntry(fixedPart, FileHandle.FromWire(header.Type, handle), bytes);
        return WireError.None;
    }

    public override bool RequestBrings(FuseOpcode opcode) =>
        opcode == FuseOpcode.FUSE_LOOKUP || base.RequestBrings(opcode);

    public override bool TryWriteRequest(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written) =>
        classic.Opcode == FuseOpcode.FUSE_LOOKUP
            ? TryWriteWithExtension(
                destination, classic, Numbers.Lookup, handleType, handle, out written)
            : base.TryWriteRequest(destination, classic, handleType, handle, out written);

    public override WireError ReadRequest(scoped in FuseRequest request, out WireRequest wire) =>
        base.ReadRequest(
            request.Opcode == Numbers.Lookup ? request.As(FuseOpcode.FUSE_LOOKUP) : request,
            out wire);

    protected override int RecordBytes(int handleBytes) =>
        FuseConstants.FUSE_REC_ALIGN(RecordHeadBytes + handleBytes);

    protected override bool TryWriteWithExtension(
        Span<byte> destination, scoped in FuseRequest classic, FuseOpcode opcode,
        uint handleType, scoped ReadOnlySpan<byte> handle, out int written)
    {
        if (!TryWriteWithArgument(destination, classic, opcode, [], out written)
            || handle.Length > MaxHandleBytes)
        {
            return false;
        }

        scoped RebindWriter writer = new(destination, written);
        if (!handle.IsEmpty
            && !writer.TryAddNode(classic.Header.nodeid, handleType, handle))
        {
            return false;
        }

        written = writer.Length;
        return true;
    }

    /// <summary>The record of the head's nodeid; those of others are passed over.</summary>
    protected override WireError ReadExtension(
        scoped in FuseRequest request, out FileHandle handle)
    {
        handle = default;
        RebindReader records = new(request.Extensions);
        while (records.MoveNext())
        {
            if (!records.IsFile && records.Node.NodeId == request.Header.nodeid)
                handle = records.Node.Handle;
        }

        WireError fault = records.Error;
        return fault.IsError
            ? fault with
            {
                Position = FuseRequest.HeaderBytes + request.Body.Length + fault.Position,
            }
            : fault;
    }
}
