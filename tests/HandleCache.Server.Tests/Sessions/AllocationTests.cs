using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Sessions;
using HandleCache.Server.Tests.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Sessions;

/// <summary>What a request costs the garbage collector.</summary>
public class AllocationTests
{
    private const ulong Node = 2;
    private const ulong Fh = 1;

    [Fact]
    public void Looking_up_asking_attributes_reading_and_writing_allocate_nothing()
    {
        using ServedFolder served = new();
        served.Write("file", "some text");
        RepeatingChannel channel = new(
            [
                Message(FuseOpcode.FUSE_LOOKUP, 1, "file\0"u8),
                Message(FuseOpcode.FUSE_OPEN, Node, Struct(new fuse_open_in { flags = 2 })),
            ],
            [
                Message(FuseOpcode.FUSE_LOOKUP, 1, "file\0"u8),
                Message(FuseOpcode.FUSE_LOOKUP, 1, "absent\0"u8),
                Message(FuseOpcode.FUSE_GETATTR, Node, Struct(new fuse_getattr_in())),
                Message(FuseOpcode.FUSE_READ, Node,
                    Struct(new fuse_read_in { fh = Fh, size = 4096 })),
                Message(FuseOpcode.FUSE_WRITE, Node,
                    [.. Struct(new fuse_write_in { fh = Fh, size = 4 }), .. "SOME"u8]),
                Message(FuseOpcode.FUSE_FLUSH, Node, Struct(new fuse_flush_in { fh = Fh })),
                Message(FuseOpcode.FUSE_FORGET, Node, Struct(new fuse_forget_in { nlookup = 1 })),
            ]);
        using FuseSession session =
            new(channel, served.FileSystem, new SessionOptions { Workers = 1 });
        session.Run();
        Assert.Equal(0, channel.Failures);
        Assert.Equal(0, channel.AllocatedBytes);
    }

    private static byte[] Struct<T>(in T value)
        where T : unmanaged
    {
        byte[] bytes = new byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, value);
        return bytes;
    }

    private static byte[] Message(FuseOpcode opcode, ulong nodeid, ReadOnlySpan<byte> body)
    {
        fuse_in_header header = new()
        {
            len = (uint)(Unsafe.SizeOf<fuse_in_header>() + body.Length),
            opcode = (uint)opcode,
            unique = 2,
            nodeid = nodeid,
        };
        return [.. Struct(header), .. body];
    }

    /// <summary>
    /// INIT, some requests once, others over and over; the last rounds are counted. One port, one
    /// thread: the session's own, so its allocations are all there are.
    /// </summary>
    private sealed class RepeatingChannel(byte[][] once, byte[][] repeated) : IChannel, IChannelPort
    {
        private const int WarmRounds = 2000;
        private const int CountedRounds = 200;

        private int _next = -1;
        private long _allocatedBefore;

        public long AllocatedBytes { get; private set; } = -1;

        /// <summary>Replies with an error, other than to the look for what is absent.</summary>
        public int Failures { get; private set; }

        public IChannelPort OpenPort() => this;

        public SysResult Receive(Span<byte> buffer)
        {
            int at = _next++;
            int round = (at - once.Length) / repeated.Length;
            if (at >= once.Length && (at - once.Length) % repeated.Length == 0)
            {
                if (round == WarmRounds)
                    _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
                if (round == WarmRounds + CountedRounds)
                {
                    AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore;
                    return SysResult.Success(0);
                }
            }

            byte[] message = at < 0 ? Init()
                : at < once.Length ? once[at]
                : repeated[(at - once.Length) % repeated.Length];
            message.CopyTo(buffer);
            return SysResult.Success(message.Length);
        }

        public Errno Send(ReadOnlySpan<byte> message)
        {
            fuse_out_header header = MemoryMarshal.Read<fuse_out_header>(message);
            if (header.error != 0 && header.error != -(int)Errno.ENOENT)
                Failures++;
            return Errno.None;
        }

        public void Close() { }

        public void Dispose() { }

        private static byte[] Init() => Message(
            FuseOpcode.FUSE_INIT, 0,
            Struct(new fuse_init_in { major = 7, minor = 45, flags = ~(1u << 31) }));
    }
}
