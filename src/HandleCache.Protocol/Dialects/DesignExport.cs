using System.Buffers.Binary;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// The exported handle (struct fid) of a design: {u64 nodeid; u32 generation; handle}, or the
/// handle alone, once, or twice with the parent; handles as the design encodes them. In v2 the head
/// is of 20 bytes, so that a handle of 108 bytes is the longest that can be exported, and 44 bytes
/// each with the parent: two of 128 would take 296 of MAX_HANDLE_SZ's 128 (PROPOSALS.md,
/// section 3).
/// </summary>
internal sealed class DesignExport(WireDesign design) : NodeExport
{
    /// <summary>FILEID_FUSE_WITHOUT_PARENT of v2.</summary>
    private const int TypeWithoutParent = 0x91;

    /// <summary>FILEID_FUSE_WITH_PARENT of v2.</summary>
    private const int TypeWithParent = 0x92;

    /// <summary>Bytes of nodeid and generation.</summary>
    private const int NodeBytes = 12;

    private readonly bool _isFixed = (design.Defects & DesignDefects.ExportsFixedSize) != 0;
    private readonly int _headBytes = design.Export == ExportForm.Both ? NodeBytes : 0;

    public override bool HasHandle => true;

    public override bool AsksAnew => design.ExportAsksAnew;

    public override int PlainType => TypeWithoutParent;

    public override int ParentType => TypeWithParent;

    public override bool TryWrite(
        Span<byte> destination, in ExportedNode node, bool withParent, in ExportedNode parent,
        out int type, out int written)
    {
        type = withParent ? ParentType : PlainType;
        written = Bytes(node) + (withParent ? Bytes(parent) : 0);
        if (written > FuseConstants.MAX_HANDLE_SZ || written > destination.Length
            || !TryWriteNode(destination, node))
        {
            return false;
        }

        return !withParent || TryWriteNode(destination[ParentAt(node)..written], parent);
    }

    public override bool TryRead(
        ReadOnlySpan<byte> fid, int type, out ExportedNode node, out ExportedNode parent)
    {
        node = default;
        parent = default;
        if ((type != PlainType && type != ParentType) || !TryReadNode(fid, out node, out int used))
            return false;
        if (type == PlainType)
            return used == fid.Length;
        int at = ParentAt(node);
        return at <= fid.Length && TryReadNode(fid[at..], out parent, out int more)
            && at + more == fid.Length;
    }

    /// <summary>
    /// Where the parent stands. The posted code takes the handle for one without bytes, and copies
    /// as many too many as the outer struct has before it.
    /// </summary>
    private int ParentAt(in ExportedNode node) =>
        _isFixed ? _headBytes + design.Encoding.WireBytes(0) : Bytes(node);

    private int Bytes(in ExportedNode node) =>
        _headBytes + design.Encoding.WireBytes(node.Handle.Bytes.Length);

    private bool TryWriteNode(Span<byte> destination, in ExportedNode node)
    {
        if (destination.Length < Bytes(node))
            return false;
        if (_headBytes > 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination, node.NodeId);
            BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], node.Generation);
        }

        bool written = design.Encoding.TryWrite(
            destination[_headBytes..], node.Handle.Type, node.Handle.Bytes, out _);
        int over = Math.Min(_headBytes, destination.Length - Bytes(node));
        if (_isFixed && over > 0)
            destination.Slice(Bytes(node), over).Fill(0xA5);
        return written;
    }

    private bool TryReadNode(ReadOnlySpan<byte> fid, out ExportedNode node, out int bytes)
    {
        node = default;
        bytes = 0;
        if (fid.Length < _headBytes)
            return false;
        WireError fault = design.Encoding.Read(
            fid[_headBytes..], _headBytes, out FileHandle handle, out int used);
        if (fault.IsError)
            return false;
        bytes = _headBytes + used;
        node = _headBytes == 0
            ? new ExportedNode(0, 0, handle)
            : new ExportedNode(
                BinaryPrimitives.ReadUInt64LittleEndian(fid),
                BinaryPrimitives.ReadUInt32LittleEndian(fid[8..]), handle);
        return true;
    }
}
