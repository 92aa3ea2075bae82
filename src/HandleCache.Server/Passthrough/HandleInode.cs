using System.Buffers.Binary;
using HandleCache.Linux;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// The inode number inside a file handle, for the formats that carry it plainly. Handle and
/// attributes come from two system calls; where both say the same number, no other object came
/// under the name in between. A format not known here is never confirmed.
/// </summary>
/// <remarks>
/// A number that was freed and given again between the two calls is not told apart: then the
/// attributes are those of the object that has the name at the later call, and the handle is stale.
/// </remarks>
internal static class HandleInode
{
    /// <summary>FILEID_INO32_GEN: ext4 and others (8 bytes), tmpfs (12 bytes).</summary>
    private const int Ino32Gen = 1;

    /// <summary>XFS_FILEID_TYPE_64FLAG | FILEID_INO32_GEN.</summary>
    private const int Ino64Gen = 0x81;

    public static bool Confirms(in FileHandleBuffer handle, ulong ino)
    {
        ReadOnlySpan<byte> bytes = handle.Bytes;
        return (handle.Type, bytes.Length) switch
        {
            // generic_encode_ino32_fh(): number, generation.
            (Ino32Gen, 8) => BinaryPrimitives.ReadUInt32LittleEndian(bytes) == ino,

            // shmem_encode_fh(): generation, number in two halves.
            (Ino32Gen, 12) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[4..]) == ino,

            // xfs_fs_encode_fh(): number, generation.
            (Ino64Gen, 12) => BinaryPrimitives.ReadUInt64LittleEndian(bytes) == ino,
            _ => false,
        };
    }
}
