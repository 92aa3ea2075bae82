using System.Runtime.InteropServices;

namespace HandleCache.Protocol.Wire;

/// <summary>
/// Cursor over a received span. A failed read moves nothing; <see cref="Error"/> then says where,
/// how much was wanted and how much was there.
/// </summary>
public ref struct WireReader
{
    private readonly ReadOnlySpan<byte> _source;
    private readonly int _origin;
    private int _position;

    /// <param name="source">The bytes to read.</param>
    /// <param name="origin">Offset of the first byte in the whole message, for errors.</param>
    public WireReader(ReadOnlySpan<byte> source, int origin = 0)
    {
        _source = source;
        _origin = origin;
        _position = 0;
        Error = WireError.None;
    }

    /// <summary>The last failure; none as long as every read succeeded.</summary>
    public WireError Error { get; private set; }

    /// <summary>Offset of the next byte in the whole message.</summary>
    public readonly int Position => _origin + _position;

    /// <summary>The bytes not read yet.</summary>
    public readonly ReadOnlySpan<byte> Remaining => _source[_position..];

    public bool TryRead<T>(out T value)
        where T : unmanaged
    {
        if (MemoryMarshal.TryRead(_source[_position..], out value))
        {
            _position += System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
            return true;
        }

        int wanted = System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        return Fail(WireFault.Truncated, wanted, _source.Length - _position);
    }

    /// <summary>Reads exactly <paramref name="count"/> bytes.</summary>
    public bool TryReadBytes(long count, out ReadOnlySpan<byte> bytes)
    {
        int available = _source.Length - _position;
        if (count < 0 || count > available)
        {
            bytes = default;
            return Fail(WireFault.Truncated, count, available);
        }

        bytes = _source.Slice(_position, (int)count);
        _position += (int)count;
        return true;
    }

    /// <summary>
    /// Reads a NUL-terminated name; <paramref name="name"/> is without the NUL. The NUL stays in
    /// the message right behind it.
    /// </summary>
    public bool TryReadName(out ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> rest = _source[_position..];
        int end = rest.IndexOf((byte)0);
        if (end <= 0)
        {
            name = default;
            return Fail(WireFault.BadName, 1, rest.Length);
        }

        name = rest[..end];
        _position += end + 1;
        return true;
    }

    /// <summary>Succeeds when nothing is left.</summary>
    public bool TryEnd()
    {
        int left = _source.Length - _position;
        return left == 0 || Fail(WireFault.Overlong, 0, left);
    }

    private bool Fail(WireFault fault, long wanted, long available)
    {
        Error = new WireError(fault, Position, wanted, available);
        return false;
    }
}
