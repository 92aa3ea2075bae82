using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Relaying;

/// <summary>
/// What a relay changes in INIT, so that every message fits into one packet of a socket, and the
/// server asks for nothing that only the device itself can do: requests and replies of at most
/// <see cref="MaxDataBytes"/>, no passthrough of open files, no io_uring.
/// </summary>
public static class RelayInit
{
    /// <summary>
    /// 32 pages of 4 KiB, what the kernel takes where FUSE_MAX_PAGES is not agreed.
    /// </summary>
    public const int MaxDataBytes = 128 << 10;

    /// <summary>Room for the largest message: data, its header and its arguments.</summary>
    public const int BufferBytes = MaxDataBytes + (64 << 10);

    private const int FlagsAt = 12;
    private const int Flags2At = 16;
    private const int ReplyMaxWriteAt = 20;
    private const int MaxDataPages = 32;
    private const int ReplyMaxPagesAt = 28;

    private const FuseInitFlags NotRelayed = FuseInitFlags.FUSE_MAX_PAGES
        | FuseInitFlags.FUSE_PASSTHROUGH | FuseInitFlags.FUSE_OVER_IO_URING;

    /// <summary>Takes out of the kernel's offer what cannot be relayed; in place.</summary>
    public static void LimitRequest(Span<byte> message)
    {
        Span<byte> body = message[FuseRequest.HeaderBytes..];
        Clear(body, FlagsAt, unchecked((uint)NotRelayed));
        Clear(body, Flags2At, (uint)((ulong)NotRelayed >> 32));
    }

    /// <summary>Keeps the server's answer within the limits; in place.</summary>
    public static void LimitReply(Span<byte> message)
    {
        Span<byte> body = message[Unsafe.SizeOf<fuse_out_header>()..];
        if (body.Length >= ReplyMaxWriteAt + sizeof(uint))
        {
            Span<byte> maxWrite = body[ReplyMaxWriteAt..];
            uint asked = BinaryPrimitives.ReadUInt32LittleEndian(maxWrite);
            BinaryPrimitives.WriteUInt32LittleEndian(maxWrite, Math.Min(asked, MaxDataBytes));
        }

        if (body.Length >= ReplyMaxPagesAt + sizeof(ushort))
        {
            Span<byte> maxPages = body[ReplyMaxPagesAt..];
            ushort asked = BinaryPrimitives.ReadUInt16LittleEndian(maxPages);
            BinaryPrimitives.WriteUInt16LittleEndian(
                maxPages, Math.Min(asked, (ushort)MaxDataPages));
        }
    }

    private static void Clear(Span<byte> body, int at, uint flags)
    {
        if (body.Length < at + sizeof(uint))
            return;
        uint offered = BinaryPrimitives.ReadUInt32LittleEndian(body[at..]);
        BinaryPrimitives.WriteUInt32LittleEndian(body[at..], offered & ~flags);
    }
}
