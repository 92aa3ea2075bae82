using System.Runtime.InteropServices;
using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Tests;

/// <summary>Builds whole messages for tests.</summary>
internal static class MessageBytes
{
    public static byte[] Request(FuseOpcode opcode, ulong nodeid, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(p => p)];
        byte[] message = new byte[FuseRequest.HeaderBytes + body.Length];
        MemoryMarshal.Write(message, new fuse_in_header
        {
            len = (uint)message.Length,
            opcode = (uint)opcode,
            unique = 2,
            nodeid = nodeid,
        });
        body.CopyTo(message, FuseRequest.HeaderBytes);
        return message;
    }

    public static byte[] Reply(ulong unique, int error, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(p => p)];
        byte[] message = new byte[FuseReply.HeaderBytes + body.Length];
        MemoryMarshal.Write(message, new fuse_out_header
        {
            len = (uint)message.Length,
            error = error,
            unique = unique,
        });
        body.CopyTo(message, FuseReply.HeaderBytes);
        return message;
    }

    public static byte[] Struct<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)).ToArray();

    public static byte[] Name(string name) => [.. Encoding.UTF8.GetBytes(name), 0];
}
