using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// LOOKUP_HANDLE v2 of 2025-12-12: fuse_entry_out grows by fuse_file_handle {u32 size; u32 type;
/// handle[size]}; LOOKUP_HANDLE (54) has the parent's handle as fourth in-argument, and every
/// creating operation has it as its last (PROPOSALS.md, section 2). A short, classic
/// entry is taken, too: it has no handle (one with open_out is as long as an entry with a handle
/// of 8 bytes and no open_out, so the operation decides which it is). Nothing pads the handle,
/// so in READDIRPLUS the dirent behind one of a length that 8 does not divide lies unaligned.
/// </summary>
public sealed class V2Dialect : Dialect
{
    private static readonly DialectNumbers Posted = new()
    {
        InitFlag = (FuseInitFlags)(1UL << 43),
        Lookup = (FuseOpcode)54,
    };

    internal V2Dialect(DialectOptions options) : base("v2", options, Posted) =>
        Export = new V2Export(this);

    public override NodeExport Export { get; }

    public override HandleOptIn OptIn => HandleOptIn.InitBitAndMaximum;

    public override bool RequiresHandle => true;

    /// <summary>A buffer of the largest size for every inode (fuse_alloc_inode()).</summary>
    public override PostedStorage Storage { get; } = new("pointer-max:128", "v2");

    public override Dialect With(DialectOptions options) => new V2Dialect(options);

    public override FuseInitFlags OfferedFlags => Has(DialectDefect.V2OpcodeInInitMask)
        ? (FuseInitFlags)(ulong)Numbers.Lookup
        : InitFlag;

    public override int MaxHandleBytes => FuseConstants.MAX_HANDLE_SZ;

    public override int EntryBytes(int handleBytes) =>
        ClassicEntryBytes + HandleHeader.Bytes + handleBytes;

    public override bool TryWriteEntry(
        Span<byte> destination,
        in fuse_entry_out entry,
        uint handleType,
        ReadOnlySpan<byte> handle,
        out int written)
    {
        written = EntryBytes(handle.Length);
        if (destination.Length < written || handle.Length > MaxHandleBytes)
            return false;
        MemoryMarshal.Write(destination, entry);
        WriteHandle(destination[ClassicEntryBytes..], handleType, handle);
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
        if (!MemoryMarshal.TryRead(source, out fuse_entry_out fixedPart))
            return new WireError(WireFault.Truncated, 0, ClassicEntryBytes, source.Length);
        WireError fault = ReadHandle(
            source[ClassicEntryBytes..], ClassicEntryBytes, out FileHandle handle, out int bytes);
        if (fault.IsError)
            return fault;
        int all = ClassicEntryBytes + bytes;
        if (trailingBytes >= 0 && source.Length != all + trailingBytes)
            return new WireError(WireFault.LengthLies, 0, all + trailingBytes, source.Length);
        entry = new WireEntry(fixedPart, handle, all);
        return WireError.None;
    }

    public override bool RequestBrings(FuseOpcode opcode) =>
        AppendsHandle(opcode) || base.RequestBrings(opcode);

    public override int RequestBytes(FuseOpcode opcode, int classicBytes, int handleBytes) =>
        AppendsHandle(opcode) && handleBytes > 0
            ? classicBytes + HandleHeader.Bytes + handleBytes
            : base.RequestBytes(opcode, classicBytes, handleBytes);

    public override bool TryWriteRequest(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written)
    {
        if (!AppendsHandle(classic.Opcode))
            return base.TryWriteRequest(destination, classic, handleType, handle, out written);
        written = 0;
        if (handle.Length > MaxHandleBytes)
            return false;
        FuseOpcode opcode = classic.Opcode == FuseOpcode.FUSE_LOOKUP
            ? Numbers.Lookup
            : classic.Opcode;
        Span<byte> argument = stackalloc byte[HandleHeader.Bytes + FuseConstants.MAX_HANDLE_SZ];
        argument = argument[..(handle.IsEmpty ? 0 : HandleHeader.Bytes + handle.Length)];
        if (!handle.IsEmpty)
            WriteHandle(argument, handleType, handle);
        return TryWriteWithArgument(destination, classic, opcode, argument, out written);
    }

    public override WireError ReadRequest(scoped in FuseRequest request, out WireRequest wire)
    {
        FuseOpcode opcode = request.Opcode == Numbers.Lookup
            ? FuseOpcode.FUSE_LOOKUP
            : request.Opcode;
        if (!AppendsHandle(opcode))
            return base.ReadRequest(request, out wire);
        WireError fault = SplitArgument(request, opcode, out wire, out int end);
        if (fault.IsError || request.Body.Length == end)
            return fault;
        ReadOnlySpan<byte> argument = request.Body[end..];
        int position = FuseRequest.HeaderBytes + end;
        fault = ReadHandle(argument, position, out FileHandle handle, out int bytes);
        if (fault.IsError)
            return fault;
        if (bytes != argument.Length)
            return new WireError(WireFault.LengthLies, position, bytes, argument.Length);
        wire = new WireRequest(wire.Header, wire.Body, handle);
        return WireError.None;
    }

    /// <summary>LOOKUP and the operations that make an entry.</summary>
    private static bool AppendsHandle(FuseOpcode opcode) =>
        Operation.Of(opcode).ReturnsOneEntry;

    private static void WriteHandle(
        Span<byte> destination, uint type, scoped ReadOnlySpan<byte> handle)
    {
        MemoryMarshal.Write(destination, new HandleHeader((uint)handle.Length, type));
        handle.CopyTo(destination[HandleHeader.Bytes..]);
    }

    private static WireError ReadHandle(
        ReadOnlySpan<byte> source, int position, out FileHandle handle, out int bytes)
    {
        handle = default;
        bytes = 0;
        if (!MemoryMarshal.TryRead(source, out HandleHeader header))
        {
            return new WireError(
                WireFault.Truncated, position, HandleHeader.Bytes, source.Length);
        }

        if (header.Size > FuseConstants.MAX_HANDLE_SZ)
        {
            return new WireError(
                WireFault.BadValue, position, FuseConstants.MAX_HANDLE_SZ, header.Size);
        }

        bytes = HandleHeader.Bytes + (int)header.Size;
        if (bytes > source.Length)
            return new WireError(WireFault.Truncated, position, bytes, source.Length);
        handle = FileHandle.FromWire(header.Type, source[HandleHeader.Bytes..bytes]);
        return WireError.None;
    }
}
