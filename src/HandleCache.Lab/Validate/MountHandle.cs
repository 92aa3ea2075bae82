using System.Buffers.Binary;
using System.Globalization;
using HandleCache.Lab.Workload;
using HandleCache.Protocol.Abi;

namespace HandleCache.Lab.Validate;

/// <summary>
/// The handle that fuse itself exports: nodeid and generation, as fuse_encode_fh() writes them
/// (R14): {nodeid >> 32, nodeid and 0xffffffff, generation}, type 0x81, 12 bytes.
/// </summary>
internal static class MountHandle
{
    public const int Bytes = 12;

    /// <summary>What name_to_handle_at must give for an inode.</summary>
    public static HandleText Predict(ulong nodeid, uint generation)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)(nodeid >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], (uint)nodeid);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], generation);
        return new HandleText(FuseConstants.FILEID_INO64_GEN, Hex(bytes));
    }

    /// <summary>The nodeid in a handle of that form; 0 for any other.</summary>
    public static ulong NodeIdOf(PathHandle handle)
    {
        if (handle.Type != FuseConstants.FILEID_INO64_GEN || handle.Bytes.Length != 2 * Bytes)
            return 0;
        byte[] bytes = Convert.FromHexString(handle.Bytes);
        return ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes) << 32)
            | BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4));
    }

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    public static string Text(int type, string hex) =>
        string.Create(CultureInfo.InvariantCulture, $"0x{type:x}:{(hex.Length == 0 ? "-" : hex)}");
}
