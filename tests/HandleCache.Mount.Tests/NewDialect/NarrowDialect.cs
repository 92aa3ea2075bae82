using System.Buffers.Binary;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;

namespace HandleCache.Mount.Tests.NewDialect;

/// <summary>
/// A dialect that nobody posted, as a newcomer would write it: behind every entry {u16 size;
/// bytes}, the type being the last four of the bytes; LOOKUP_HANDLE (200) has the parent's handle
/// in the same form before the name. One file, and its row in what the program knows.
/// </summary>
internal sealed class NarrowDialect(DialectOptions options) : Dialect("narrow", options, Posted)
{
    private const int SizeBytes = sizeof(ushort);
    private const int TypeBytes = sizeof(uint);

    private static readonly DialectNumbers Posted = new()
    {
        InitFlag = (FuseInitFlags)(1UL << 61),
        Lookup = (FuseOpcode)200,
    };

    public override HandleOptIn OptIn => HandleOptIn.InitBit;

    public override int MaxHandleBytes => 100;

    public override PostedStorage Storage { get; } = new("inline:20", "u8");

    public override Dialect With(DialectOptions options) => new NarrowDialect(options);

    public override int EntryBytes(int handleBytes) => ClassicEntryBytes + FieldBytes(handleBytes);

    public override bool TryWriteEntry(
        Span<byte> destination, in fuse_entry_out entry, uint handleType,
        ReadOnlySpan<byte> handle, out int written)
    {
        written = EntryBytes(handle.Length);
        if (destination.Length < written || handle.Length > MaxHandleBytes)
            return false;
        MemoryMarshal.Write(destination, entry);
        WriteField(destination[ClassicEntryBytes..], handleType, handle);
        return true;
    }

    public override WireError ReadEntry(
        ReadOnlySpan<byte> source, int trailingBytes, out WireEntry entry)
    {
        entry = default;
        if (!MemoryMarshal.TryRead(source, out fuse_entry_out fixedPart))
            return new WireError(WireFault.Truncated, 0, ClassicEntryBytes, source.Length);
        WireError fault = ReadField(
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
        opcode == FuseOpcode.FUSE_LOOKUP || base.RequestBrings(opcode);

    public override int RequestBytes(FuseOpcode opcode, int classicBytes, int handleBytes) =>
        opcode == FuseOpcode.FUSE_LOOKUP
            ? classicBytes + FieldBytes(handleBytes)
            : base.RequestBytes(opcode, classicBytes, handleBytes);

    public override bool TryWriteRequest(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written)
    {
        if (classic.Opcode != FuseOpcode.FUSE_LOOKUP)
            return base.TryWriteRequest(destination, classic, handleType, handle, out written);
        int field = FieldBytes(handle.Length);
        written = (int)classic.Header.len + field;
        if (destination.Length < written || handle.Length > MaxHandleBytes)
            return false;
        fuse_in_header header = classic.Header;
        header.len = (uint)written;
        header.opcode = (uint)Numbers.Lookup;
        MemoryMarshal.Write(destination, header);
        WriteField(destination[FuseRequest.HeaderBytes..], handleType, handle);
        int at = FuseRequest.HeaderBytes + field;
        classic.Body.CopyTo(destination[at..]);
        classic.Extensions.CopyTo(destination[(at + classic.Body.Length)..]);
        return true;
    }

    public override WireError ReadRequest(scoped in FuseRequest request, out WireRequest wire)
    {
        if (request.Opcode != Numbers.Lookup)
            return base.ReadRequest(request, out wire);
        wire = default;
        WireError fault = ReadField(
            request.Body, FuseRequest.HeaderBytes, out FileHandle handle, out int bytes);
        if (fault.IsError)
            return fault;
        fuse_in_header header = request.Header;
        header.opcode = (uint)FuseOpcode.FUSE_LOOKUP;
        wire = new WireRequest(header, request.Body[bytes..], handle);
        return WireError.None;
    }

    /// <summary>None is a size of 0; else the type is counted.</summary>
    private static int FieldBytes(int handleBytes) =>
        SizeBytes + (handleBytes == 0 ? 0 : handleBytes + TypeBytes);

    private static void WriteField(
        Span<byte> destination, uint type, scoped ReadOnlySpan<byte> handle)
    {
        int bytes = FieldBytes(handle.Length) - SizeBytes;
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)bytes);
        if (bytes == 0)
            return;
        handle.CopyTo(destination[SizeBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[(SizeBytes + handle.Length)..], type);
    }

    private WireError ReadField(
        ReadOnlySpan<byte> source, int position, out FileHandle handle, out int bytes)
    {
        handle = default;
        bytes = SizeBytes;
        if (!BinaryPrimitives.TryReadUInt16LittleEndian(source, out ushort size))
            return new WireError(WireFault.Truncated, position, SizeBytes, source.Length);
        bytes = SizeBytes + size;
        if (size == 0)
            return WireError.None;
        if (size <= TypeBytes || size > MaxHandleBytes + TypeBytes)
            return new WireError(WireFault.BadValue, position, MaxHandleBytes + TypeBytes, size);
        if (source.Length < bytes)
            return new WireError(WireFault.Truncated, position, bytes, source.Length);
        ReadOnlySpan<byte> field = source[SizeBytes..bytes];
        handle = FileHandle.FromWire(
            BinaryPrimitives.ReadUInt32LittleEndian(field[^TypeBytes..]), field[..^TypeBytes]);
        return WireError.None;
    }
}
