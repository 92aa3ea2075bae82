using System.Buffers.Binary;
using HandleCache.Protocol;

namespace HandleCache.Server.Synthetic;

/// <summary>
/// The file handle of a synthetic object: a function of seed and id that anybody can compute
/// again, so a checker needs no table. Handles of different ids differ where 8 bytes are there
/// to differ in.
/// </summary>
public static class SyntheticHandle
{
    /// <summary>Longest handle, bytes (MAX_HANDLE_SZ).</summary>
    public const int MaxBytes = 128;

    /// <summary>FILEID_INO32_GEN (include/linux/exportfs.h).</summary>
    public const uint Ext4Type = 1;

    private const int Ext4Bytes = 8;

    /// <summary>The lengths around which storage designs differ, bytes.</summary>
    public static ReadOnlySpan<byte> KeyLengths => [0, 4, 8, 12, 13, 16, 20, 40, 127, 128];

    /// <summary>Handle of an id in the <see cref="SyntheticHandleMix.Mixed"/> mix.</summary>
    /// <param name="seed">Seed of the file system.</param>
    /// <param name="id">Object id; 0 is the root.</param>
    /// <param name="destination">At least <see cref="MaxBytes"/> bytes.</param>
    public static (uint Type, int Length) Fill(ulong seed, ulong id, Span<byte> destination) =>
        Fill(seed, id, SyntheticHandleMix.Mixed, 0, destination);

    /// <summary>Handle of an id as a file system with these options gives it.</summary>
    public static (uint Type, int Length) Fill(
        SyntheticOptions options, ulong id, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Shapes is { } shapes)
        {
            (uint Type, int Bytes) shape = shapes[(int)id];
            FillBytes(options.Seed, id, destination[..shape.Bytes]);
            return shape;
        }

        (uint type, int length) =
            Fill(options.Seed, id, options.HandleMix, options.FixedHandleBytes, destination);
        if (options.HandleTypeBits < 32)
            type &= (1u << options.HandleTypeBits) - 1;
        return (type, Math.Min(length, options.MostHandleBytes));
    }

    /// <inheritdoc cref="Fill(ulong, ulong, Span{byte})"/>
    public static (uint Type, int Length) Fill(
        ulong seed,
        ulong id,
        SyntheticHandleMix mix,
        int fixedBytes,
        Span<byte> destination)
    {
        ulong word = SplitMix64.Mix(seed, id);
        int length = mix switch
        {
            SyntheticHandleMix.Ext4 => Ext4Bytes,
            SyntheticHandleMix.Fixed => fixedBytes,
            _ => MixedLength(id, word),
        };
        uint type = mix == SyntheticHandleMix.Ext4 ? Ext4Type : TypeOf(word);
        FillBytes(seed, id, destination[..length]);
        return (type, length);
    }

    private static int MixedLength(ulong id, ulong word)
    {
        ReadOnlySpan<byte> key = KeyLengths;
        if (id < (ulong)key.Length)
            return key[(int)id];
        return (word & 1) == 0
            ? key[(int)((word >> 1) % (ulong)key.Length)]
            : (int)((word >> 1) % (MaxBytes + 1));
    }

    /// <summary>
    /// 1 to 0xFE as file systems use, on one in eight with bits 16 and 17 as user flags
    /// (PROPOSALS.md), so that 32 bits are needed.
    /// </summary>
    private static uint TypeOf(ulong word)
    {
        uint low = (uint)((word >> 40) % 0xFE) + 1;
        return (word >> 56) % 8 == 0 ? low | 0x30000 : low;
    }

    /// <summary>
    /// The first 8 bytes are a bijection of the id, the others follow from it; short handles are
    /// the start of that.
    /// </summary>
    private static void FillBytes(ulong seed, ulong id, Span<byte> bytes)
    {
        Span<byte> word = stackalloc byte[8];
        for (int at = 0; at < bytes.Length; at += 8)
        {
            ulong value = SplitMix64.Mix(seed + 1 + (ulong)at, id);
            BinaryPrimitives.WriteUInt64LittleEndian(word, value);
            word[..Math.Min(8, bytes.Length - at)].CopyTo(bytes[at..]);
        }
    }
}
