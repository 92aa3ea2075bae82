using System.Buffers.Binary;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// The exported handle (struct fid) of LOOKUP_HANDLE v2: {u64 nodeid; u32 generation;
/// fuse_file_handle}, once, or twice with the parent (PROPOSALS.md, sections 2, 3).
/// With 20 bytes of head a handle of 108 bytes is the longest that can be exported, and 44 bytes
/// each with the parent: two of 128 would take 296 of MAX_HANDLE_SZ's 128.
/// </summary>
public sealed class V2Export(Dialect dialect) : NodeExport
{
    /// <summary>FILEID_FUSE_WITHOUT_PARENT.</summary>
    public const int TypeWithoutParent = 0x91;

    /// <summary>FILEID_FUSE_WITH_PARENT.</summary>
    public const int TypeWithParent = 0x92;

    /// <summary>Bytes of nodeid, generation and the head of the handle.</summary>
    public const int HeadBytes = 20;

    public override int PlainType => TypeWithoutParent;

    public override int ParentType => TypeWithParent;

    private readonly bool _fixedSize = dialect.Has(DialectDefect.V2ExportFixedSize);

    /// <summary>Bytes of a fid; a parent handle of -1 bytes stands for no parent.</summary>
    public static int FidBytes(int handleBytes, int parentHandleBytes) =>
        HeadBytes + handleBytes
        + (parentHandleBytes < 0 ? 0 : HeadBytes + parentHandleBytes);

    /// <summary>
    /// Writes one node, and behind it its parent where there is one; false when it is more than
    /// MAX_HANDLE_SZ or than the destination holds.
    /// </summary>
    public override bool TryWrite(
        Span<byte> destination, in ExportedNode node, bool withParent, in ExportedNode parent,
        out int type, out int written)
    {
        type = withParent ? TypeWithParent : TypeWithoutParent;
        written = FidBytes(node.Handle.Bytes.Length, withParent ? parent.Handle.Bytes.Length : -1);
        if (written > FuseConstants.MAX_HANDLE_SZ || written > destination.Length)
            return false;
        Write(destination, node);
        if (withParent)
            Write(destination[ParentAt(node.Handle.Bytes.Length)..written], parent);
        return true;
    }

    /// <summary>
    /// Reads what <see cref="TryWrite"/> wrote; false for another type, a length that lies, or
    /// bytes left over.
    /// </summary>
    public override bool TryRead(
        ReadOnlySpan<byte> fid, int type, out ExportedNode node, out ExportedNode parent)
    {
        parent = default;
        if (type is not (TypeWithParent or TypeWithoutParent)
            || fid.Length > FuseConstants.MAX_HANDLE_SZ
            || !TryReadOne(fid, out node))
        {
            node = default;
            return false;
        }

        int end = HeadBytes + node.Handle.Bytes.Length;
        if (type == TypeWithoutParent)
            return end == fid.Length;
        int parentAt = ParentAt(node.Handle.Bytes.Length);
        return parentAt <= fid.Length && TryReadOne(fid[parentAt..], out parent)
            && parentAt + HeadBytes + parent.Handle.Bytes.Length == fid.Length;
    }

    private int ParentAt(int handleBytes) => HeadBytes + (_fixedSize ? 0 : handleBytes);

    private void Write(Span<byte> destination, in ExportedNode node)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, node.NodeId);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], node.Generation);
        ReadOnlySpan<byte> handle = node.Handle.Bytes;
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], (uint)handle.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[16..], node.Handle.Type);
        int room = destination.Length - HeadBytes;
        handle[..Math.Min(handle.Length, room)].CopyTo(destination[HeadBytes..]);

        // The defect copies as many bytes too many as the outer struct has before the handle.
        int over = Math.Min(12, room - handle.Length);
        if (_fixedSize && over > 0)
            destination.Slice(HeadBytes + handle.Length, over).Fill(0xA5);
    }

    private static bool TryReadOne(ReadOnlySpan<byte> source, out ExportedNode node)
    {
        node = default;
        if (source.Length < HeadBytes)
            return false;
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(source[12..]);
        if (size > source.Length - HeadBytes)
            return false;
        node = new ExportedNode(
            BinaryPrimitives.ReadUInt64LittleEndian(source),
            BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
            FileHandle.FromWire(
                BinaryPrimitives.ReadUInt32LittleEndian(source[16..]),
                source.Slice(HeadBytes, (int)size)));
        return true;
    }
}
