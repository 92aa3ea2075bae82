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
    public const int HandleFieldBytes = 8 + FuseConstants.MAX_HANDLE_SZ;

    internal ThreadDialect() : base("thread") { }

    public override bool CarriesHandles => true;

    /// <summary>Bit 43, which 7.46 has since given to another feature (facts/fuse-abi.md).</summary>
    public override FuseInitFlags InitFlag => (FuseInitFlags)(1UL << 43);

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
        handle.CopyTo(field[8..]);
        field[(8 + handle.Length)..].Clear();
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

        ReadOnlySpan<byte> handle = source.Slice(ClassicEntryBytes + 8, (int)header.Size);
        entry = new WireEntry(fixedPart, header.Type, handle, handle.Length > 0, bytes);
        return WireError.None;
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct HandleHeader(uint size, uint type)
    {
        public readonly uint Size = size;
        public readonly uint Type = type;
    }
}
