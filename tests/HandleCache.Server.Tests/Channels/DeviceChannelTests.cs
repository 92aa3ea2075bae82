using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using Xunit;

namespace HandleCache.Server.Tests.Channels;

/// <summary>Closing and INIT, on one end of a socket pair in the device's place.</summary>
public sealed class DeviceChannelTests : IDisposable
{
    private readonly PacketSocket _kernel;
    private readonly DeviceChannel _channel;
    private readonly byte[] _buffer = new byte[4096];

    public DeviceChannelTests()
    {
        (_kernel, PacketSocket device) = PacketSocket.CreatePair();
        _channel = new DeviceChannel(FuseDevice.Adopt(device.Descriptor));
    }

    public void Dispose()
    {
        _channel.Dispose();
        _kernel.Dispose();
    }

    [Fact]
    public void A_reader_that_waits_for_INIT_wakes_when_the_channel_closes()
    {
        IChannelPort port = _channel.OpenPort();
        SysResult received = SysResult.Failure(Errno.EINVAL);
        Thread reader = new(() => received = port.Receive(_buffer));
        reader.Start();
        _channel.Close();
        Assert.True(reader.Join(InMemoryKernel.Patience), "the reader still waits");
        Assert.Equal(SysResult.Success(0), received);
        Assert.Equal(
            Errno.EAGAIN, _kernel.Receive(new byte[100], out _, null, wait: false));
    }

    [Fact]
    public void After_the_answer_to_INIT_closing_asks_the_kernel_for_a_wake_up_of_each_reader()
    {
        IChannelPort port = _channel.OpenPort();
        port.Send(InMemoryKernel.Of(new fuse_out_header { len = 16, unique = 2 }));
        _channel.Close();
        byte[] message = new byte[100];
        _kernel.Receive(message, out _, null, wait: false);
        Assert.Equal(Errno.None, _kernel.Receive(message, out _, null, wait: false));
        Assert.Equal((int)FuseNotifyCode.FUSE_NOTIFY_RETRIEVE, BitConverter.ToInt32(message, 4));
        Assert.Equal(0, port.Receive(_buffer).Value);
    }

    [Fact]
    public void Handles_are_offered_also_in_an_INIT_of_16_bytes_and_never_seen_below()
    {
        using HandleBridgeChannel bridge = new(_channel, Dialect.Thread);
        IChannelPort port = bridge.OpenPort();
        fuse_init_in init = new() { major = 7, minor = 31, flags = 1 };
        _kernel.Send(InMemoryKernel.Message(
            (uint)FuseOpcode.FUSE_INIT, 2, 0, InMemoryKernel.Of(init)[..16]));
        SysResult received = port.Receive(_buffer);
        Assert.Equal((40 + 64, 40 + 64), (received.Value, BitConverter.ToInt32(_buffer)));
        Assert.True(HandleOffer.IsOffered(
            System.Runtime.InteropServices.MemoryMarshal.Read<fuse_init_in>(_buffer.AsSpan(40)),
            Dialect.Thread));

        fuse_init_out answer = new() { major = 7, minor = 31, flags = 1 };
        HandleOffer.Accept(ref answer, Dialect.Thread, 128);
        port.Send(
        [
            .. InMemoryKernel.Of(new fuse_out_header { len = 16 + 64, unique = 2 }),
            .. InMemoryKernel.Of(answer),
        ]);
        byte[] below = new byte[100];
        _kernel.Receive(below, out ReceivedPacket packet, null, wait: false);
        Assert.Equal(16 + 64, packet.LengthBytes);
        Assert.Equal(
            InMemoryKernel.Of(new fuse_init_out { major = 7, minor = 31, flags = 1 }),
            below[16..80]);
    }
}
