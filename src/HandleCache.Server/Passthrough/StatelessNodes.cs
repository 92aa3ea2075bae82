using System.Buffers.Binary;
using HandleCache.Linux;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// Nodeids that are handles: an exported handle then leads to its object without any table, after
/// a FORGET, in another life of the server, and after another mount of the same source.
/// </summary>
/// <remarks>
/// LOOKUP of "." brings the nodeid alone (fuse_get_dentry(), fs/fuse/inode.c): inode number and
/// generation of the source, 32 bits each, lie in its 64. So an inode number must be below 2^31;
/// the upper half of all nodeids is left to those that a table gives out. Which words of a handle
/// hold the two: struct fid of include/linux/exportfs.h (ext4 and others), xfs_fid64 of
/// fs/xfs/xfs_export.h, shmem_encode_fh() of mm/shmem.c.
/// </remarks>
public sealed class StatelessNodes
{
    /// <summary>Generation of the nodeids that are handles, the same in every life.</summary>
    public const uint Generation = 1;

    /// <summary>Above it are the nodeids of objects that do not fit.</summary>
    public const ulong FirstOther = 1UL << 63;

    private const int Ino32Gen = 1;
    private const int Xfs64 = 0x81;
    private const int ShortBytes = 8;
    private const int LongBytes = 12;

    private readonly int _type;
    private readonly int _bytes;

    /// <summary>Words of inode number and generation; a third must be 0.</summary>
    private readonly int _ino;
    private readonly int _generation;

    private StatelessNodes(int type, int bytes, int ino, int generation) =>
        (_type, _bytes, _ino, _generation) = (type, bytes, ino, generation);

    /// <summary>
    /// For a source, by the handle of its root; null where its handles do not fit a nodeid.
    /// </summary>
    public static StatelessNodes? For(in FileHandleBuffer root) =>
        (root.Type, root.LengthBytes) switch
        {
            (Ino32Gen, ShortBytes) => new(Ino32Gen, ShortBytes, ino: 0, generation: 1),
            (Xfs64, LongBytes) => new(Xfs64, LongBytes, ino: 0, generation: 2),
            (Ino32Gen, LongBytes) => new(Ino32Gen, LongBytes, ino: 1, generation: 0),
            _ => null,
        };

    /// <summary>The nodeid that is the handle; 0 where it does not fit.</summary>
    public ulong NodeIdOf(in FileHandleBuffer handle)
    {
        if (handle.Type != _type || handle.LengthBytes != _bytes)
            return 0;
        ReadOnlySpan<byte> bytes = handle.Bytes;
        bool fits = _bytes == ShortBytes || Word(bytes, 3 - _ino - _generation) == 0;
        ulong nodeid = ((ulong)Word(bytes, _ino) << 32) | Word(bytes, _generation);
        return fits && nodeid < FirstOther && IsHandle(nodeid) ? nodeid : 0;
    }

    /// <summary>The handle that a nodeid is; false for another.</summary>
    public bool TryGetHandle(ulong nodeid, out FileHandleBuffer handle)
    {
        handle = default;
        if (!IsHandle(nodeid))
            return false;
        Span<byte> bytes = stackalloc byte[LongBytes];
        bytes.Clear();
        Put(bytes, _ino, (uint)(nodeid >> 32));
        Put(bytes, _generation, (uint)nodeid);
        handle = FileHandleBuffer.From(_type, bytes[.._bytes]);
        return true;
    }

    /// <summary>
    /// No inode has number 0, so that neither nodeid 0 nor the root's 1 is ever a handle.
    /// </summary>
    public static bool IsHandle(ulong nodeid) => nodeid < FirstOther && nodeid >> 32 != 0;

    private static uint Word(ReadOnlySpan<byte> bytes, int index) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[(index * sizeof(uint))..]);

    private static void Put(Span<byte> bytes, int index, uint word) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[(index * sizeof(uint))..], word);
}
