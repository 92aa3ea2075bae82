using System.Buffers.Binary;
using System.Runtime.InteropServices;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Drive;

/// <summary>
/// Requests that no kernel sends. None of them changes a file where the server takes it for what
/// it looks like.
/// </summary>
internal static class HostileRequests
{
    private const int OpcodeAt = 4;

    /// <summary>Above every opcode there is, below CUSE_INIT.</summary>
    private const int FirstUnknown = 100;

    private static readonly FuseOpcode[] Harmless =
    [
        FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_GETATTR, FuseOpcode.FUSE_OPENDIR,
        FuseOpcode.FUSE_GETXATTR, FuseOpcode.FUSE_LISTXATTR, FuseOpcode.FUSE_STATFS,
        FuseOpcode.FUSE_ACCESS, FuseOpcode.FUSE_READLINK, FuseOpcode.FUSE_INTERRUPT,
        FuseOpcode.FUSE_FORGET, FuseOpcode.FUSE_BATCH_FORGET,
    ];

    /// <summary>Each kind and what makes one message of it.</summary>
    public static IReadOnlyList<(string Name, Func<SplitMix64, ulong, byte[]> Make)> Kinds { get; }
        =
        [
            ("short-body", (random, unique) => ShortBody(random, unique)),
            ("short-head", (random, unique) =>
                Any(random, unique)[..(1 + random.Below(FuseRequest.HeaderBytes - 1))]),
            ("length-too-long", (random, unique) =>
                WithLength(Any(random, unique), 1 + random.Below(1 << 20))),
            ("length-too-short", (random, unique) =>
                WithLength(Any(random, unique), -1 - random.Below(FuseRequest.HeaderBytes))),
            ("unknown-opcode", (random, unique) => WithOpcode(
                Any(random, unique), (uint)(FirstUnknown + random.Below(3000)))),
            ("unknown-nodeid", (random, unique) => MessageBuilder.Request(
                random.Pick(
                    FuseOpcode.FUSE_GETATTR, FuseOpcode.FUSE_OPENDIR, FuseOpcode.FUSE_READLINK),
                unique, random.Pick(0ul, 2ul, random.Next()), new byte[16])),
            ("unknown-fh", (random, unique) => MessageBuilder.Request(
                random.Pick(
                    FuseOpcode.FUSE_READDIR, FuseOpcode.FUSE_READ, FuseOpcode.FUSE_FLUSH),
                unique, 1, [.. random.Bytes(8), .. new byte[8], 0, 16, 0, 0, .. new byte[20]])),
            ("lying-size", (random, unique) => LyingSize(random, unique)),
            ("name-without-nul", (random, unique) => MessageBuilder.Request(
                FuseOpcode.FUSE_LOOKUP, unique, 1, Filled(1 + random.Below(300)))),
            ("odd-name", (random, unique) => MessageBuilder.Request(
                FuseOpcode.FUSE_LOOKUP, unique, 1,
                random.Pick<byte[]>(
                    [0], [.. "a/b"u8, 0], [.. "../.."u8, 0], [.. Filled(5000), 0]))),
            ("second-init", (_, unique) => MessageBuilder.Request(
                FuseOpcode.FUSE_INIT, unique, 0, Bytes(
                    new fuse_init_in { major = 7, minor = 45, max_readahead = 4096 }))),
        ];

    /// <summary>A request of the right shape about the root.</summary>
    private static byte[] Any(SplitMix64 random, ulong unique)
    {
        FuseOpcode opcode = random.Pick<FuseOpcode>(Harmless);
        byte[] body = opcode switch
        {
            FuseOpcode.FUSE_LOOKUP => [.. "a"u8, 0],
            FuseOpcode.FUSE_GETATTR => new byte[16],
            FuseOpcode.FUSE_GETXATTR => [.. new byte[8], .. "user.x"u8, 0],
            FuseOpcode.FUSE_STATFS or FuseOpcode.FUSE_READLINK => [],
            FuseOpcode.FUSE_BATCH_FORGET => Bytes(new fuse_batch_forget_in()),
            _ => new byte[8],
        };
        return MessageBuilder.Request(opcode, unique, 1, body);
    }

    private static byte[] ShortBody(SplitMix64 random, ulong unique)
    {
        FuseOpcode opcode = random.Pick(
            FuseOpcode.FUSE_GETATTR, FuseOpcode.FUSE_GETXATTR, FuseOpcode.FUSE_LOOKUP,
            FuseOpcode.FUSE_OPENDIR, FuseOpcode.FUSE_FORGET, FuseOpcode.FUSE_BATCH_FORGET,
            FuseOpcode.FUSE_INTERRUPT, FuseOpcode.FUSE_ACCESS);
        return MessageBuilder.Request(opcode, unique, 1, new byte[random.Below(8)]);
    }

    /// <summary>Counts and lengths that the message is too short for, or no reply has room for.
    /// </summary>
    private static byte[] LyingSize(SplitMix64 random, ulong unique)
    {
        uint size = random.Pick<uint>(4097u, 1u << 20, int.MaxValue, uint.MaxValue);
        return random.Below(3) switch
        {
            0 => MessageBuilder.Request(
                FuseOpcode.FUSE_BATCH_FORGET, unique, 0,
                Bytes(new fuse_batch_forget_in { count = size })),
            1 => MessageBuilder.Request(
                FuseOpcode.FUSE_GETXATTR, unique, 1,
                [.. Bytes(new fuse_getxattr_in { size = size }), .. "user.x"u8, 0]),
            _ => MessageBuilder.Request(
                FuseOpcode.FUSE_LISTXATTR, unique, 1,
                Bytes(new fuse_getxattr_in { size = size })),
        };
    }

    private static byte[] WithLength(byte[] message, int difference)
    {
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length + difference);
        return message;
    }

    private static byte[] WithOpcode(byte[] message, uint opcode)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(OpcodeAt), opcode);
        return message;
    }

    private static byte[] Filled(int bytes)
    {
        byte[] name = new byte[bytes];
        Array.Fill(name, (byte)'n');
        return name;
    }

    private static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
