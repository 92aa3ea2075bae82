using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Benchmarks.Wire;

/// <summary>Messages as the kernel and a server exchange them.</summary>
internal static class Messages
{
    public static byte[] Request(FuseOpcode opcode, ReadOnlySpan<byte> body)
    {
        var message = new byte[FuseRequest.HeaderBytes + body.Length];
        fuse_in_header header = new()
        {
            len = (uint)message.Length,
            opcode = (uint)opcode,
            unique = 2,
            nodeid = 1,
        };
        MemoryMarshal.Write(message, header);
        body.CopyTo(message.AsSpan(FuseRequest.HeaderBytes));
        return message;
    }

    public static byte[] BatchForget(int count)
    {
        var body = new byte[8 + (16 * count)];
        MemoryMarshal.Write(body, (uint)count);
        for (int i = 0; i < count; i++)
        {
            fuse_forget_one one = new() { nodeid = (ulong)i + 2, nlookup = 1 };
            MemoryMarshal.Write(body.AsSpan(8 + (16 * i)), one);
        }

        return Request(FuseOpcode.FUSE_BATCH_FORGET, body);
    }

    public static fuse_entry_out Entry(ulong nodeId) => new()
    {
        nodeid = nodeId,
        generation = 1,
        attr = new() { ino = nodeId, mode = FileModes.Regular644, nlink = 1, size = 1234 },
    };

    /// <summary>Fills a READDIRPLUS reply; returns its bytes.</summary>
    public static int Listing(Dialect dialect, ReadOnlySpan<byte> handle, Span<byte> destination)
    {
        var writer = new DirentWriter(destination);
        ulong nodeId = 2;
        fuse_dirent dirent = new() { ino = nodeId, off = 1, type = 8 };
        while (writer.TryAddPlus(
            dialect, Entry(nodeId), 1, handle, dirent, "a-name-of-18-bytes"u8))
        {
            nodeId++;
            dirent.ino = nodeId;
            dirent.off++;
        }

        return writer.WrittenBytes;
    }
}
