using System.Buffers.Binary;
using System.Text;

namespace Outsider;

/// <summary>
/// A server in no more than functions and byte arrays, as one would write it in F# or any other
/// language: <see cref="Answer"/> takes what is read from /dev/fuse and gives what would be
/// written. One file, "hello", in the root. Offsets are those of struct fuse_in_header,
/// fuse_entry_out and fuse_attr of linux/fuse.h.
/// </summary>
public static class PlainServer
{
    private const uint Lookup = 1, Forget = 2, GetAttr = 3, Init = 26, BatchForget = 42;
    private const int Enoent = 2, Enosys = 38;

    public static byte[]? Answer(byte[] message)
    {
        uint opcode = BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(4));
        ulong nodeId = BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(16));
        byte[] body = message[40..];
        return opcode switch
        {
            Forget or BatchForget => null,
            Init => Reply(message, 0, InitOut()),
            Lookup when Name(body) == "hello" => Reply(message, 0, EntryOut()),
            Lookup => Reply(message, Enoent, []),
            GetAttr => Reply(message, 0, [.. U64(1), .. U64(0), .. Attr(nodeId)]),
            _ => Reply(message, Enosys, []),
        };
    }

    private static byte[] Reply(byte[] message, int errno, byte[] body) =>
        [.. U32((uint)(16 + body.Length)), .. U32((uint)-errno), .. message[8..16], .. body];

    /// <summary>7.31, no flags, max_write 4096; 64 bytes.</summary>
    private static byte[] InitOut() =>
        [.. U32(7), .. U32(31), .. new byte[12], .. U32(4096), .. new byte[40]];

    /// <summary>nodeid 2, generation 0, valid for a second.</summary>
    private static byte[] EntryOut() =>
        [.. U64(2), .. U64(0), .. U64(1), .. U64(1), .. U64(0), .. Attr(2)];

    /// <summary>ino, size, blocks, times, mode, nlink, owner, rdev, blksize, flags.</summary>
    private static byte[] Attr(ulong ino) =>
        [
            .. U64(ino), .. new byte[52], .. U32(ino == 1 ? 0x41EDu : 0x81A4u), .. U32(1),
            .. new byte[12], .. U32(4096), .. U32(0),
        ];

    private static string Name(byte[] body) => Encoding.UTF8.GetString(body).TrimEnd('\0');

    private static byte[] U32(uint value) => BitConverter.GetBytes(value);

    private static byte[] U64(ulong value) => BitConverter.GetBytes(value);
}
