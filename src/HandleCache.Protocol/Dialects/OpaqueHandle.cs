using System.Buffers.Binary;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// fuse_file_handle of v3: a u16 size and that many opaque bytes. The type has no field of its
/// own any more; it is folded into the bytes as their first four, so that of the protocol's 128
/// bytes 124 are left for the file system's handle (PROPOSALS.md, section 4).
/// </summary>
public static class OpaqueHandle
{
    /// <summary>Bytes of the size field.</summary>
    public const int SizeBytes = 2;

    /// <summary>Bytes that the folded type takes.</summary>
    public const int TypeBytes = 4;

    /// <summary>Longest handle that fits in MAX_HANDLE_SZ with its type, bytes.</summary>
    public const int MaxBytes = FuseConstants.MAX_HANDLE_SZ - TypeBytes;

    /// <summary>Bytes on the wire; no handle is a size of 0 and nothing more.</summary>
    public static int WireBytes(int handleBytes) =>
        handleBytes == 0 ? SizeBytes : SizeBytes + TypeBytes + handleBytes;

    /// <summary>Writes at the start of a destination of at least that many bytes.</summary>
    public static void Write(Span<byte> destination, uint type, ReadOnlySpan<byte> handle)
    {
        int opaque = WireBytes(handle.Length) - SizeBytes;
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)opaque);
        if (opaque == 0)
            return;
        BinaryPrimitives.WriteUInt32LittleEndian(destination[SizeBytes..], type);
        handle.CopyTo(destination[(SizeBytes + TypeBytes)..]);
    }

    /// <summary>Reads from the start of <paramref name="source"/>.</summary>
    /// <param name="source">From the size field on.</param>
    /// <param name="position">Where that is in the message, for errors.</param>
    /// <param name="maxBytes">Longest handle that is accepted, its type not counted.</param>
    /// <param name="handle">The handle; none for a size of 0.</param>
    /// <param name="bytes">Bytes read.</param>
    public static WireError Read(
        ReadOnlySpan<byte> source, int position, int maxBytes, out FileHandle handle,
        out int bytes)
    {
        handle = default;
        bytes = SizeBytes;
        if (!BinaryPrimitives.TryReadUInt16LittleEndian(source, out ushort size))
            return new WireError(WireFault.Truncated, position, SizeBytes, source.Length);
        if (size > TypeBytes + maxBytes)
            return new WireError(WireFault.BadValue, position, TypeBytes + maxBytes, size);
        if (size > 0 && size <= TypeBytes)
            return new WireError(WireFault.BadValue, position, TypeBytes + 1, size);
        if (size > source.Length - SizeBytes)
        {
            return new WireError(
                WireFault.Truncated, position, SizeBytes + size, source.Length);
        }

        bytes += size;
        if (size > 0)
        {
            handle = FileHandle.FromWire(
                BinaryPrimitives.ReadUInt32LittleEndian(source[SizeBytes..]),
                source[(SizeBytes + TypeBytes)..bytes]);
        }

        return WireError.None;
    }
}
