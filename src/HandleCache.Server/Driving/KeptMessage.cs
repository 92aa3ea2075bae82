using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Driving;

/// <summary>A message that is put into words only where somebody asks.</summary>
internal sealed class KeptMessage
{
    private const int ReplyBytes = 64;
    private const int ShownBytes = 48;

    private readonly byte[] _bytes;
    private readonly int _length;
    private readonly bool _isReply;

    private KeptMessage(byte[] bytes, int length, bool isReply)
    {
        _bytes = bytes;
        _length = length;
        _isReply = isReply;
    }

    /// <summary>One that is sent; the bytes are not copied.</summary>
    public static KeptMessage Request(byte[] message) => new(message, message.Length, false);

    /// <summary>One that has come; of its bytes the first are copied.</summary>
    public static KeptMessage Reply(ReadOnlySpan<byte> message) => new(
        message[..Math.Min(message.Length, ReplyBytes)].ToArray(), message.Length, true);

    /// <summary>Of the whole message.</summary>
    public int LengthBytes => _length;

    /// <summary>Without the direction.</summary>
    public string Words => _isReply ? ReplyWords() : RequestWords();

    public override string ToString() => (_isReply ? "<- " : "-> ") + Words;

    private string RequestWords() =>
        FuseRequest.TryParse(_bytes, out FuseRequest request, out _)
            ? new DriveRequest(
                request.Opcode, request.Header.nodeid, request.Header.unique,
                request.Body.ToArray()).ToString()
            : $"{_length} bytes {Convert.ToHexStringLower(_bytes)}";

    private string ReplyWords()
    {
        if (!MemoryMarshal.TryRead(_bytes, out fuse_out_header header))
            return $"{_length} bytes {Convert.ToHexStringLower(_bytes)}";
        string what = header.unique == 0
            ? $"notification {(FuseNotifyCode)header.error}"
            : header.error == 0
                ? "success"
                : $"error {-(long)header.error} ({(Errno)(-(long)header.error)})";
        int bodyBytes = _length - FuseReply.HeaderBytes;
        ReadOnlySpan<byte> body = _bytes.AsSpan(FuseReply.HeaderBytes);
        return bodyBytes == 0
            ? what
            : $"{what}, {bodyBytes} bytes "
                + Convert.ToHexStringLower(body[..Math.Min(body.Length, ShownBytes)])
                + (bodyBytes > ShownBytes ? "..." : "");
    }
}
