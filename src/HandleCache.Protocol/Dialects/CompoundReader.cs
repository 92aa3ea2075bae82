using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// Walks the parts of a compound request or reply; each part is a whole message with its own
/// length, which must lie within what is left.
/// </summary>
public ref struct CompoundReader
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly int _origin;
    private readonly int _partHeadBytes;
    private readonly int _minimumBytes;
    private int _at;

    private CompoundReader(
        ReadOnlySpan<byte> body, int origin, int partHeadBytes, int minimumBytes)
    {
        _body = body;
        _origin = origin;
        _partHeadBytes = partHeadBytes;
        _minimumBytes = minimumBytes;
        _at = CompoundFraming.HeadBytes;
        Part = default;
        Error = body.Length < _at
            ? new WireError(WireFault.Truncated, origin, _at, body.Length)
            : WireError.None;
    }

    public WireError Error { get; private set; }

    /// <summary>The current part: a whole request or reply.</summary>
    public ReadOnlySpan<byte> Part { get; private set; }

    /// <summary>Which part it takes its nodeid from; 0xff for none.</summary>
    public byte DependsOn { get; private set; }

    /// <summary>Where the current part starts in the whole message.</summary>
    public int Position { get; private set; }

    /// <summary>The parts of a request's body.</summary>
    public static CompoundReader OfRequest(ReadOnlySpan<byte> body, CompoundFraming framing)
    {
        ArgumentNullException.ThrowIfNull(framing);
        return new(
            body, FuseRequest.HeaderBytes, framing.PartHeadBytes, FuseRequest.HeaderBytes);
    }

    /// <summary>The parts of a reply's body.</summary>
    public static CompoundReader OfReply(ReadOnlySpan<byte> body) =>
        new(body, FuseReply.HeaderBytes, 0, FuseReply.HeaderBytes);

    /// <summary>Moves to the next part; false at the end and at an error.</summary>
    public bool MoveNext()
    {
        if (Error.IsError || _at == _body.Length)
            return false;
        ReadOnlySpan<byte> rest = _body[_at..];
        int least = _partHeadBytes + _minimumBytes;
        if (rest.Length < least)
            return Fail(WireFault.Truncated, least, rest.Length);
        DependsOn = CompoundFraming.NoDependence;
        if (_partHeadBytes > 0)
            DependsOn = MemoryMarshal.Read<fuse_compound_req_in>(rest).dep_index;
        rest = rest[_partHeadBytes..];
        uint length = MemoryMarshal.Read<uint>(rest);
        if (length < _minimumBytes || length > rest.Length)
            return Fail(WireFault.LengthLies, length, rest.Length);
        Position = _origin + _at + _partHeadBytes;
        Part = rest[..(int)length];
        _at += _partHeadBytes + (int)length;
        return true;
    }

    private bool Fail(WireFault fault, long wanted, long available)
    {
        Error = new WireError(fault, _origin + _at, wanted, available);
        return false;
    }
}
