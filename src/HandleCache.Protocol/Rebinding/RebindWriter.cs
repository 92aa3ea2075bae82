using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Rebinding;

/// <summary>
/// Adds handles and open files to a request that has been received, as extension records at its
/// end (fuse_ext_header and body, counted by total_extlen), so that the layout of the operation
/// itself stays as it is (PROPOSALS.md, "what reviewers asked for", FUSE_EXT_HANDLE).
/// </summary>
public ref struct RebindWriter
{
    private const int HeaderBytes = 8;
    private const int NodeHeadBytes = 16;

    /// <summary>Room one record may need, bytes.</summary>
    public const int MaxRecordBytes = HeaderBytes + NodeHeadBytes + FuseConstants.MAX_HANDLE_SZ;

    private readonly Span<byte> _buffer;
    private readonly uint _nodeRecord;
    private int _length;

    /// <param name="buffer">The request, and free room behind it.</param>
    /// <param name="length">Bytes of the request.</param>
    /// <param name="nodeRecord">Type of the records that bind a nodeid.</param>
    public RebindWriter(
        Span<byte> buffer, int length, uint nodeRecord = FuseConstants.FUSE_EXT_HANDLE)
    {
        _buffer = buffer;
        _nodeRecord = nodeRecord;
        _length = length;
    }

    /// <summary>Bytes of the request with what has been added.</summary>
    public readonly int Length => _length;

    /// <summary>Adds a nodeid and its handle; false when there is no room.</summary>
    public bool TryAddNode(ulong nodeId, uint handleType, scoped ReadOnlySpan<byte> handle)
    {
        int bytes = HeaderBytes + NodeHeadBytes + handle.Length;
        if (!TryBegin(bytes, _nodeRecord, out Span<byte> body))
            return false;
        MemoryMarshal.Write(body, nodeId);
        MemoryMarshal.Write(body[8..], handleType);
        MemoryMarshal.Write(body[12..], (uint)handle.Length);
        handle.CopyTo(body[NodeHeadBytes..]);
        return true;
    }

    /// <summary>Adds an open file; false when there is no room.</summary>
    public bool TryAddFile(in BoundFile file)
    {
        int bytes = HeaderBytes + Unsafe.SizeOf<BoundFile>();
        if (!TryBegin(bytes, FuseConstants.FUSE_EXT_FILE, out Span<byte> body))
            return false;
        MemoryMarshal.Write(body, file);
        return true;
    }

    /// <summary>
    /// Gives the request another opcode: LOOKUP becomes the dialect's LOOKUP_HANDLE.
    /// </summary>
    public readonly void SetOpcode(FuseOpcode opcode)
    {
        ref fuse_in_header header = ref MemoryMarshal.AsRef<fuse_in_header>(_buffer);
        header.opcode = (uint)opcode;
    }

    private bool TryBegin(int bytes, uint type, out Span<byte> body)
    {
        int padded = FuseConstants.FUSE_REC_ALIGN(bytes);
        body = default;
        ref fuse_in_header header = ref MemoryMarshal.AsRef<fuse_in_header>(_buffer);
        int units = header.total_extlen + (padded / 8);
        if (_buffer.Length - _length < padded || units > ushort.MaxValue)
            return false;
        Span<byte> record = _buffer.Slice(_length, padded);
        record[HeaderBytes..].Clear();
        MemoryMarshal.Write(record, new fuse_ext_header { size = (uint)padded, type = type });
        body = record[HeaderBytes..];
        _length += padded;
        header.len = (uint)_length;
        header.total_extlen = (ushort)units;
        return true;
    }
}
