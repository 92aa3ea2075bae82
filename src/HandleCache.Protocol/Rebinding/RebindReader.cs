using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Rebinding;

/// <summary>
/// Walks the extension records of a request and stops at those that bind a nodeid or an open
/// file; the kernel's own records (groups, security contexts) are passed over.
/// </summary>
public ref struct RebindReader
{
    private const int HeaderBytes = 8;
    private const int NodeHeadBytes = 16;

    private readonly uint _nodeRecord;
    private ReadOnlySpan<byte> _rest;
    private int _position;

    /// <param name="extensions">All records of a request.</param>
    /// <param name="nodeRecord">Type of those that bind a nodeid.</param>
    public RebindReader(
        ReadOnlySpan<byte> extensions, uint nodeRecord = FuseConstants.FUSE_EXT_HANDLE)
    {
        _rest = extensions;
        _nodeRecord = nodeRecord;
        Error = WireError.None;
    }

    /// <summary>Why the walk ended early, counted from the first extension's first byte.</summary>
    public WireError Error { get; private set; }

    /// <summary>Whether the current record is an open file; a nodeid otherwise.</summary>
    public bool IsFile { get; private set; }

    public BoundNode Node { get; private set; }

    public BoundFile File { get; private set; }

    /// <summary>The next record that binds something; false at the end or at an error.</summary>
    public bool MoveNext()
    {
        while (!_rest.IsEmpty && !Error.IsError)
        {
            if (!MemoryMarshal.TryRead(_rest, out fuse_ext_header header))
            {
                Error = new WireError(WireFault.Truncated, _position, HeaderBytes, _rest.Length);
                return false;
            }

            if (header.size < HeaderBytes || header.size > (uint)_rest.Length)
            {
                Error = new WireError(
                    WireFault.LengthLies, _position, header.size, _rest.Length);
                return false;
            }

            ReadOnlySpan<byte> body = _rest[HeaderBytes..(int)header.size];
            int step = Math.Min(
                FuseConstants.FUSE_REC_ALIGN((int)header.size), _rest.Length);
            bool found = header.type == _nodeRecord
                ? ReadNode(body)
                : header.type == FuseConstants.FUSE_EXT_FILE && ReadFile(body);
            _rest = _rest[step..];
            _position += step;
            if (found)
                return true;
        }

        return false;
    }

    private bool ReadNode(ReadOnlySpan<byte> body)
    {
        if (body.Length < NodeHeadBytes)
            return Refuse(new(WireFault.Truncated, _position, NodeHeadBytes, body.Length));
        uint bytes = MemoryMarshal.Read<uint>(body[12..]);
        if (bytes > FuseConstants.MAX_HANDLE_SZ)
        {
            return Refuse(
                new(WireFault.BadValue, _position, FuseConstants.MAX_HANDLE_SZ, bytes));
        }

        if (bytes > body.Length - NodeHeadBytes)
        {
            return Refuse(
                new(WireFault.LengthLies, _position, bytes, body.Length - NodeHeadBytes));
        }

        IsFile = false;
        Node = new BoundNode(
            MemoryMarshal.Read<ulong>(body),
            FileHandle.FromWire(
                MemoryMarshal.Read<uint>(body[8..]), body.Slice(NodeHeadBytes, (int)bytes)));
        return true;
    }

    private bool ReadFile(ReadOnlySpan<byte> body)
    {
        if (!MemoryMarshal.TryRead(body, out BoundFile file))
            return Refuse(new(WireFault.Truncated, _position, 24, body.Length));
        IsFile = true;
        File = file;
        return true;
    }

    private bool Refuse(WireError error)
    {
        Error = error;
        return false;
    }
}
