using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Wire;

/// <summary>One reply or notification as it stands in a buffer.</summary>
public readonly ref struct FuseReply
{
    public static readonly int HeaderBytes = Unsafe.SizeOf<fuse_out_header>();

    private FuseReply(scoped in fuse_out_header header, ReadOnlySpan<byte> body)
    {
        Header = header;
        Body = body;
    }

    public fuse_out_header Header { get; }

    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Whether the server started it (unique 0).</summary>
    public bool IsNotification => Header.unique == 0;

    /// <summary>
    /// Splits a message as fuse_dev_do_write() does: the length must be the bytes written, an
    /// error must lie in -511..0 and then has no body.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> message,
        out FuseReply reply,
        out WireError error)
    {
        reply = default;
        if (!MemoryMarshal.TryRead(message, out fuse_out_header header))
        {
            error = new WireError(WireFault.Truncated, 0, HeaderBytes, message.Length);
            return false;
        }

        if (header.len != message.Length)
        {
            error = new WireError(WireFault.LengthLies, 0, header.len, message.Length);
            return false;
        }

        if (header.unique != 0)
        {
            if (header.error is > 0 or < -FuseConstants.MaxReplyErrno)
            {
                error = new WireError(WireFault.BadValue, 4, 0, header.error);
                return false;
            }

            if (header.error != 0 && message.Length != HeaderBytes)
            {
                error = new WireError(
                    WireFault.Overlong, HeaderBytes, 0, message.Length - HeaderBytes);
                return false;
            }
        }

        error = WireError.None;
        reply = new FuseReply(header, message[HeaderBytes..]);
        return true;
    }
}
