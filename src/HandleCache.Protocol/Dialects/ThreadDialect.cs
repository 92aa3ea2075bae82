using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// The message of 2025-11 that the project starts from: fuse_entry_out grows by a fixed
/// fuse_file_handle {u32 size; u32 type; u8 handle[128]}.
/// </summary>
public sealed class ThreadDialect : Dialect
{
    /// <summary>Bytes of {size, type, handle[128]}.</summary>
    public const int HandleFieldBytes = HandleHeader.Bytes + FuseConstants.MAX_HANDLE_SZ;

    /// <summary>Bit 43, which 7.46 has since given to another feature (facts/fuse-abi.md).</summary>
    private static readonly DialectNumbers Posted = new()
    {
        InitFlag = (FuseInitFlags)(1UL << 43),
        Lookup = (FuseOpcode)54,
    };

    internal ThreadDialect(DialectOptions options) : base("thread", options, Posted) { }

    public override HandleOptIn OptIn => HandleOptIn.InitBitAndMaximum;

    /// <summary>54, which compound commands claim too (facts/handle-proposals.md).</summary>
    public override FuseOpcode LookupHandleOpcode => (FuseOpcode)54;

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

        ReadOnlySpan<byte> handle = source.Slice(ClassicEntryBytes + HandleHeader.Bytes, (int)header.Size);
        entry = new WireEntry(fixedPart, header.Type, handle, handle.Length > 0, bytes);
        return WireError.None;
    }

    public override bool RequestBrings(FuseOpcode opcode) =>
        opcode == FuseOpcode.FUSE_LOOKUP || base.RequestBrings(opcode);

    public override int RequestBytes(FuseOpcode opcode, int classicBytes, int handleBytes) =>
        opcode == FuseOpcode.FUSE_LOOKUP && handleBytes > 0
            ? classicBytes + HandleFieldBytes
            : base.RequestBytes(opcode, classicBytes, handleBytes);

    public override bool TryWriteRequest(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written)
    {
        if (classic.Opcode != FuseOpcode.FUSE_LOOKUP)
            return base.TryWriteRequest(destination, classic, handleType, handle, out written);
        Span<byte> field = stackalloc byte[handle.IsEmpty ? 0 : HandleFieldBytes];
        written = 0;
        if (handle.Length > MaxHandleBytes)
            return false;
        if (!handle.IsEmpty)
        {
            MemoryMarshal.Write(field, new HandleHeader((uint)handle.Length, handleType));
            handle.CopyTo(field[HandleHeader.Bytes..]);
        }

        return TryWriteWithArgument(destination, classic, Numbers.Lookup, field, out written);
    }

    public override WireError ReadRequest(scoped in FuseRequest request, out WireRequest wire)
    {
        if (request.Opcode != Numbers.Lookup)
            return base.ReadRequest(request, out wire);
        WireError fault = SplitArgument(request, FuseOpcode.FUSE_LOOKUP, out wire, out int field);
        if (fault.IsError || request.Body.Length == field)
            return fault;
        ReadOnlySpan<byte> argument = request.Body[field..];
        int position = FuseRequest.HeaderBytes + field;
        if (argument.Length != HandleFieldBytes)
        {
            return new WireError(
                WireFault.LengthLies, position, HandleFieldBytes, argument.Length);
        }

        HandleHeader header = MemoryMarshal.Read<HandleHeader>(argument);
        if (header.Size > FuseConstants.MAX_HANDLE_SZ)
        {
            return new WireError(
                WireFault.BadValue, position, FuseConstants.MAX_HANDLE_SZ, header.Size);
        }

        WireHandle handle = new(
            header.Type, argument.Slice(HandleHeader.Bytes, (int)header.Size));
        wire = new WireRequest(wire.Header, wire.Body, handle);
        return WireError.None;
    }
}
