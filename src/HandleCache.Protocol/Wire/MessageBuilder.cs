using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Protocol.Wire;

/// <summary>
/// Puts heads before bodies: of requests, as the kernel writes them, and of replies and
/// notifications, as a server does. What takes a span allocates nothing.
/// </summary>
public static class MessageBuilder
{
    /// <summary>
    /// Writes the head of a reply whose body lies, or will lie, behind it; the bytes of both.
    /// </summary>
    public static int WriteReplyHead(
        Span<byte> destination, ulong unique, Errno errno, int bodyBytes) =>
        WriteHead(destination, unique, -(int)errno, bodyBytes);

    /// <summary>
    /// Writes the head of a request whose body lies, or will lie, behind it; the bytes of both.
    /// The caller (uid, gid, pid) is root.
    /// </summary>
    public static int WriteRequestHead(
        Span<byte> destination, FuseOpcode opcode, ulong unique, ulong nodeId, int bodyBytes)
    {
        int bytes = FuseRequest.HeaderBytes + bodyBytes;
        MemoryMarshal.Write(destination, new fuse_in_header
        {
            len = (uint)bytes,
            opcode = (uint)opcode,
            unique = unique,
            nodeid = nodeId,
        });
        return bytes;
    }

    /// <summary>Bytes of a notification with a fixed part and a tail.</summary>
    public static int NotificationBytes<T>(int tailBytes)
        where T : unmanaged => FuseReply.HeaderBytes + Unsafe.SizeOf<T>() + tailBytes;

    /// <summary>
    /// Writes a notification: fixed part, tail and so many zero bytes; its bytes.
    /// </summary>
    public static int WriteNotification<T>(
        Span<byte> destination, FuseNotifyCode code, in T fixedPart, ReadOnlySpan<byte> tail,
        int zeroBytes = 0)
        where T : unmanaged
    {
        MemoryMarshal.Write(destination[FuseReply.HeaderBytes..], fixedPart);
        tail.CopyTo(destination[NotificationBytes<T>(0)..]);
        destination.Slice(NotificationBytes<T>(tail.Length), zeroBytes).Clear();
        return WriteHead(
            destination, 0, (int)code, Unsafe.SizeOf<T>() + tail.Length + zeroBytes);
    }

    /// <summary>A whole request by root.</summary>
    public static byte[] Request(
        FuseOpcode opcode, ulong unique, ulong nodeId, params ReadOnlySpan<byte> body)
    {
        byte[] message = new byte[FuseRequest.HeaderBytes + body.Length];
        WriteRequestHead(message, opcode, unique, nodeId, body.Length);
        body.CopyTo(message.AsSpan(FuseRequest.HeaderBytes));
        return message;
    }

    /// <summary>A whole successful reply.</summary>
    public static byte[] Reply(ulong unique, params ReadOnlySpan<byte> body) =>
        WithHead(unique, 0, body);

    /// <summary>A whole successful reply of one struct.</summary>
    public static byte[] Reply<T>(ulong unique, in T body)
        where T : unmanaged =>
        Reply(unique, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in body)));

    /// <summary>A whole failed reply, which has no body.</summary>
    public static byte[] Failure(ulong unique, Errno errno) => WithHead(unique, -(int)errno, []);

    /// <summary>
    /// A whole reply or notification with any number in the head's error, right or wrong.
    /// </summary>
    public static byte[] WithHead(ulong unique, int error, ReadOnlySpan<byte> body)
    {
        byte[] message = new byte[FuseReply.HeaderBytes + body.Length];
        WriteHead(message, unique, error, body.Length);
        body.CopyTo(message.AsSpan(FuseReply.HeaderBytes));
        return message;
    }

    /// <summary>A whole notification.</summary>
    public static byte[] Notification(FuseNotifyCode code, params ReadOnlySpan<byte> body) =>
        WithHead(0, (int)code, body);

    /// <summary>A whole notification of one struct and what follows it.</summary>
    public static byte[] Notification<T>(
        FuseNotifyCode code, in T fixedPart, ReadOnlySpan<byte> tail = default)
        where T : unmanaged
    {
        byte[] message = new byte[NotificationBytes<T>(tail.Length)];
        WriteNotification(message, code, fixedPart, tail);
        return message;
    }

    private static int WriteHead(Span<byte> destination, ulong unique, int error, int bodyBytes)
    {
        int bytes = FuseReply.HeaderBytes + bodyBytes;
        MemoryMarshal.Write(destination, new fuse_out_header
        {
            len = (uint)bytes,
            error = error,
            unique = unique,
        });
        return bytes;
    }
}
