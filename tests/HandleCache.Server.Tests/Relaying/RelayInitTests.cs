using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Server.Relaying;
using Xunit;

namespace HandleCache.Server.Tests.Relaying;

/// <summary>The relay changes INIT, and in it only what cannot pass a socket.</summary>
public class RelayInitTests
{
    private const uint MaxPages = 1u << 22;
    private const uint Passthrough = 1u << (37 - 32);
    private const uint IoUring = 1u << (41 - 32);

    [Fact]
    public void Of_the_offer_only_pages_passthrough_and_io_uring_are_taken_out()
    {
        byte[] message = Message(Unsafe.SizeOf<fuse_in_header>(), new fuse_init_in
        {
            major = 7,
            minor = 45,
            max_readahead = 131072,
            flags = uint.MaxValue,
            flags2 = uint.MaxValue,
        });
        RelayInit.LimitRequest(message);
        fuse_init_in seen = MemoryMarshal.Read<fuse_init_in>(
            message.AsSpan(Unsafe.SizeOf<fuse_in_header>()));
        Assert.Equal(~MaxPages, seen.flags);
        Assert.Equal(~(Passthrough | IoUring), seen.flags2);
        Assert.Equal((7u, 45u, 131072u), (seen.major, seen.minor, seen.max_readahead));
    }

    [Theory]
    [InlineData(1u << 20, 256, 131072u, 32)]
    [InlineData(65536u, 16, 65536u, 16)]
    public void The_answer_is_held_to_what_one_packet_carries(
        uint write, ushort pages, uint writeLeft, ushort pagesLeft)
    {
        byte[] message = Message(Unsafe.SizeOf<fuse_out_header>(), new fuse_init_out
        {
            major = 7,
            minor = 31,
            flags = 0x1234,
            max_background = 12,
            max_write = write,
            time_gran = 1,
            max_pages = pages,
            map_alignment = 9,
        });
        RelayInit.LimitReply(message);
        fuse_init_out seen = MemoryMarshal.Read<fuse_init_out>(
            message.AsSpan(Unsafe.SizeOf<fuse_out_header>()));
        Assert.Equal((writeLeft, pagesLeft), (seen.max_write, seen.max_pages));
        Assert.Equal((0x1234u, 12, 1u, 9), (
            seen.flags, seen.max_background, seen.time_gran, seen.map_alignment));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(24)]
    public void A_short_message_of_an_old_protocol_is_no_trouble(int body)
    {
        byte[] request = new byte[Unsafe.SizeOf<fuse_in_header>() + body];
        byte[] reply = new byte[Unsafe.SizeOf<fuse_out_header>() + body];
        Array.Fill(reply, (byte)0x7F);
        RelayInit.LimitRequest(request);
        RelayInit.LimitReply(reply);
        Assert.All(request, b => Assert.Equal(0, b));
        Assert.Equal(body >= 24, reply.Any(b => b != 0x7F));
    }

    private static byte[] Message<T>(int headerBytes, T body)
        where T : unmanaged
    {
        byte[] message = new byte[headerBytes + Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(message.AsSpan(headerBytes), body);
        return message;
    }
}
