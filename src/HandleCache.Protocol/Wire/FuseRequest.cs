using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Wire;

/// <summary>
/// One request as it came: head, body, extensions. It points into the receive buffer and lives
/// no longer than that.
/// </summary>
public readonly ref struct FuseRequest
{
    public static readonly int HeaderBytes = Unsafe.SizeOf<fuse_in_header>();

    private FuseRequest(
        scoped in fuse_in_header header,
        ReadOnlySpan<byte> body,
        ReadOnlySpan<byte> extensions)
    {
        Header = header;
        Body = body;
        Extensions = extensions;
    }

    public fuse_in_header Header { get; }

    /// <summary>What follows the head, without the extensions.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>The extension records at the end of the message.</summary>
    public ReadOnlySpan<byte> Extensions { get; }

    public FuseOpcode Opcode => (FuseOpcode)Header.opcode;

    /// <summary>A cursor over the body whose errors count from the start of the message.</summary>
    public WireReader Reader => new(Body, HeaderBytes);

    /// <summary>
    /// The same request under another opcode: LOOKUP_HANDLE is a LOOKUP to who serves it.
    /// </summary>
    public FuseRequest As(FuseOpcode opcode)
    {
        fuse_in_header header = Header;
        header.opcode = (uint)opcode;
        return new FuseRequest(header, Body, Extensions);
    }

    /// <summary>
    /// The request with its dialect taken out: opcode and arguments are today's, and the records
    /// of the extensions stay as they came.
    /// </summary>
    public FuseRequest As(scoped in fuse_in_header header, ReadOnlySpan<byte> body) =>
        new(header, body, Extensions);

    /// <summary>
    /// Splits a message. Refused: shorter than a head, a length that is not the bytes received,
    /// extensions longer than the body.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> message,
        out FuseRequest request,
        out WireError error)
    {
        request = default;
        if (!MemoryMarshal.TryRead(message, out fuse_in_header header))
        {
            error = new WireError(WireFault.Truncated, 0, HeaderBytes, message.Length);
            return false;
        }

        if (header.len != message.Length)
        {
            error = new WireError(WireFault.LengthLies, 0, header.len, message.Length);
            return false;
        }

        int extensionBytes = header.total_extlen * 8;
        int bodyBytes = message.Length - HeaderBytes - extensionBytes;
        if (bodyBytes < 0)
        {
            int position = (int)Marshal.OffsetOf<fuse_in_header>(nameof(header.total_extlen));
            error = new WireError(
                WireFault.LengthLies, position, extensionBytes, message.Length - HeaderBytes);
            return false;
        }

        error = WireError.None;
        request = new FuseRequest(
            header,
            message.Slice(HeaderBytes, bodyBytes),
            message[(HeaderBytes + bodyBytes)..]);
        return true;
    }

    /// <summary>
    /// The first rule of <see cref="Operation.Request"/> that the body breaks, or no error. The
    /// counted tails (WRITE, SETXATTR, IOCTL, BATCH_FORGET) must be exactly as long as their field
    /// says.
    /// </summary>
    /// <param name="setxattrExt">Whether FUSE_SETXATTR_EXT was negotiated.</param>
    public WireError CheckShape(bool setxattrExt = true)
    {
        Operation operation = Operation.Of(Opcode);
        if (!operation.IsKnown)
            return new WireError(WireFault.UnknownCode, 4, 0, Header.opcode);

        RequestShape shape = operation.Request;
        int fixedBytes = Opcode == FuseOpcode.FUSE_SETXATTR && !setxattrExt
            ? FuseConstants.FUSE_COMPAT_SETXATTR_IN_SIZE
            : shape.FixedBytes;
        WireReader reader = Reader;
        if (!reader.TryReadBytes(fixedBytes, out _))
            return reader.Error;

        for (int i = 0; i < shape.Names; i++)
        {
            int position = reader.Position;
            if (!reader.TryReadName(out ReadOnlySpan<byte> name))
                return reader.Error;
            if (i < shape.PathNames && name.Contains((byte)'/'))
                return new WireError(WireFault.BadName, position, 0, name.Length);
        }

        int left = reader.Remaining.Length;
        return shape.Tail switch
        {
            RequestTail.None when left > 0 =>
                new WireError(WireFault.Overlong, reader.Position, 0, left),
            RequestTail.Counted when shape.CountedTailBytes(Body) != left =>
                new WireError(
                    WireFault.LengthLies, reader.Position, shape.CountedTailBytes(Body), left),
            _ => WireError.None,
        };
    }
}
