using System.Buffers.Binary;
using System.Globalization;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

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

/// <summary>name_to_handle_at on the source: what a file's handle is now.</summary>
internal static class PathHandles
{
    /// <summary>The handle; null when the object is gone or gives none.</summary>
    public static HandleText? Of(string root, string path)
    {
        using FileDescriptor top = Files.Open(root, OpenFlags.ReadOnly | OpenFlags.Directory);
        byte[] name = BytePath.ToBytes(path);
        int flags = path.Length == 0 ? AtFlags.EmptyPath : 0;
        Errno errno = FileHandles.Get(top, name, flags, out FileHandleBuffer handle, out _);
        return errno == Errno.None
            ? new HandleText(handle.Type, MountHandle.Hex(handle.Bytes))
            : null;
    }
}
