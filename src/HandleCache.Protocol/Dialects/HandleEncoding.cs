using System.Buffers.Binary;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// How a design writes a handle: a size, a type where it has one, and the bytes, little-endian
/// and in this order. No handle is a size of 0.
/// </summary>
public sealed record HandleEncoding
{
    /// <summary>Bytes of the size field: 1, 2 or 4.</summary>
    public int SizeFieldBytes { get; init; } = 4;

    /// <summary>Bytes of the type field: 0, 2 or 4.</summary>
    public int TypeFieldBytes { get; init; } = 4;

    /// <summary>
    /// The type stands as the first four of the counted bytes, as the review of v2 asked; there is
    /// no type field then.
    /// </summary>
    public bool FoldsType { get; init; }

    /// <summary>Bytes of the array that the handle's bytes stand in; 0 where it has their length.
    /// </summary>
    public int ArrayBytes { get; init; }

    /// <summary>What the whole is padded to with zeros: 1, 2, 4 or 8 bytes.</summary>
    public int AlignBytes { get; init; } = 1;

    /// <summary>Bytes of the folded type.</summary>
    private const int FoldedBytes = 4;

    /// <summary>Bytes ahead of the handle's own.</summary>
    public int HeadBytes => SizeFieldBytes + (FoldsType ? 0 : TypeFieldBytes);

    /// <summary>The longest handle whose size can be written and whose bytes have room.</summary>
    public int LongestBytes
    {
        get
        {
            int counted = Math.Min(
                SizeFieldBytes == 1 ? byte.MaxValue : FuseConstants.MAX_HANDLE_SZ,
                ArrayBytes > 0 ? ArrayBytes : FuseConstants.MAX_HANDLE_SZ);
            return Math.Min(counted, FuseConstants.MAX_HANDLE_SZ) - (FoldsType ? FoldedBytes : 0);
        }
    }

    /// <summary>Whether a handle's type comes out as it went in.</summary>
    public bool KeepsType(uint type) => FoldsType || TypeFieldBytes == 4
        || (TypeFieldBytes == 2 ? type <= ushort.MaxValue : type == 0);

    /// <summary>Bytes on the wire, padding included.</summary>
    public int WireBytes(int handleBytes)
    {
        int counted = handleBytes > 0 && FoldsType ? FoldedBytes + handleBytes : handleBytes;
        int bytes = HeadBytes + (ArrayBytes > 0 ? ArrayBytes : counted);
        return (bytes + AlignBytes - 1) & -AlignBytes;
    }

    /// <summary>
    /// Writes a handle at the start of <paramref name="destination"/>; false when it does not fit,
    /// is longer than the encoding takes, or has a type that the encoding has no room for. Where
    /// there is no type at all, it is left out: the server and the kernel see bytes alone.
    /// </summary>
    public bool TryWrite(
        Span<byte> destination, uint type, ReadOnlySpan<byte> handle, out int written)
    {
        written = WireBytes(handle.Length);
        bool isTypeless = TypeFieldBytes == 0 && !FoldsType;
        if (destination.Length < written || handle.Length > LongestBytes
            || (!handle.IsEmpty && !isTypeless && !KeepsType(type)))
        {
            return false;
        }

        int folded = FoldsType && !handle.IsEmpty ? FoldedBytes : 0;
        PutNumber(destination, SizeFieldBytes, (uint)(handle.Length + folded));
        if (folded > 0)
            PutNumber(destination[HeadBytes..], FoldedBytes, type);
        else if (!FoldsType)
            PutNumber(destination[SizeFieldBytes..], TypeFieldBytes, KeepsType(type) ? type : 0);
        int end = HeadBytes + folded + handle.Length;
        handle.CopyTo(destination[(HeadBytes + folded)..]);
        destination[end..written].Clear();
        return true;
    }

    /// <summary>Reads from the start of <paramref name="source"/>.</summary>
    /// <param name="source">From the size field on.</param>
    /// <param name="position">Where that is in the message, for errors.</param>
    /// <param name="handle">The handle; none for a size of 0.</param>
    /// <param name="bytes">Bytes read, padding included.</param>
    public WireError Read(
        ReadOnlySpan<byte> source, int position, out FileHandle handle, out int bytes)
    {
        handle = default;
        bytes = 0;
        if (source.Length < HeadBytes)
            return new WireError(WireFault.Truncated, position, HeadBytes, source.Length);
        long size = Number(source, SizeFieldBytes);
        int folded = FoldsType && size > 0 ? FoldedBytes : 0;
        if (size > LongestBytes + folded)
            return new WireError(WireFault.BadValue, position, LongestBytes + folded, size);
        if (folded > 0 && size <= FoldedBytes)
            return new WireError(WireFault.BadValue, position, FoldedBytes + 1, size);
        int own = (int)size - folded;
        bytes = WireBytes(own);
        if (bytes > source.Length)
            return new WireError(WireFault.Truncated, position, bytes, source.Length);
        uint type = folded > 0 ? Number(source[HeadBytes..], FoldedBytes)
            : FoldsType ? 0
            : Number(source[SizeFieldBytes..], TypeFieldBytes);
        handle = FileHandle.FromWire(type, source.Slice(HeadBytes + folded, own));
        return WireError.None;
    }

    private static void PutNumber(Span<byte> destination, int bytes, uint value)
    {
        switch (bytes)
        {
            case 0:
                break;
            case 1:
                destination[0] = (byte)value;
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)value);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(destination, value);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(bytes));
        }
    }

    private static uint Number(ReadOnlySpan<byte> source, int bytes) => bytes switch
    {
        0 => 0,
        1 => source[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(source),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(source),
        _ => throw new ArgumentOutOfRangeException(nameof(bytes)),
    };
}
