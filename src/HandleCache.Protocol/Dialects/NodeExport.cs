using System.Buffers.Binary;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// The struct fid that name_to_handle_at(2) gives out for an inode of the mount, and its way back.
/// The base class is today's: three words {nodeid >> 32, nodeid, generation}, six with the parent
/// (fuse_encode_fh(), fs/fuse/inode.c, v6.18).
/// </summary>
public class NodeExport
{
    private const int NodeBytes = 12;

    protected NodeExport() { }

    public static NodeExport Classic { get; } = new();

    /// <summary>Whether the file handle is in it.</summary>
    public virtual bool HasHandle => false;

    /// <summary><see cref="WireDesign.ExportAsksAnew"/>.</summary>
    public virtual bool AsksAnew => false;

    /// <summary>fid_type of one node.</summary>
    public virtual int PlainType => FuseConstants.FILEID_INO64_GEN;

    /// <summary>fid_type of a node with its parent.</summary>
    public virtual int ParentType => FuseConstants.FILEID_INO64_GEN_PARENT;

    /// <summary>
    /// Writes one node, and behind it its parent where there is one; false when it is more than
    /// MAX_HANDLE_SZ or than the destination holds.
    /// </summary>
    public virtual bool TryWrite(
        Span<byte> destination, in ExportedNode node, bool withParent, in ExportedNode parent,
        out int type, out int written)
    {
        type = withParent ? ParentType : PlainType;
        written = withParent ? 2 * NodeBytes : NodeBytes;
        if (destination.Length < written)
            return false;
        WriteNode(destination, node);
        if (withParent)
            WriteNode(destination[NodeBytes..], parent);
        return true;
    }

    /// <summary>
    /// Reads what <see cref="TryWrite"/> wrote; false for another type or one that is too short.
    /// What is longer than today's three or six words is taken, as fuse_fh_to_dentry() takes it.
    /// </summary>
    public virtual bool TryRead(
        ReadOnlySpan<byte> fid, int type, out ExportedNode node, out ExportedNode parent)
    {
        node = default;
        parent = default;
        if ((type != PlainType && type != ParentType) || fid.Length < NodeBytes)
            return false;
        node = ReadNode(fid);
        if (type == ParentType && fid.Length >= 2 * NodeBytes)
            parent = ReadNode(fid[NodeBytes..]);
        return true;
    }

    private static void WriteNode(Span<byte> destination, in ExportedNode node)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)(node.NodeId >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], (uint)node.NodeId);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], node.Generation);
    }

    private static ExportedNode ReadNode(ReadOnlySpan<byte> source)
    {
        ulong nodeId = ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(source) << 32)
            | BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
        return new ExportedNode(
            nodeId, BinaryPrimitives.ReadUInt32LittleEndian(source[8..]), default);
    }
}
