using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using Xunit;

namespace HandleCache.Server.Tests.Channels;

/// <summary>The channel of a kernel and a server on one thread.</summary>
public sealed class DirectChannelTests : IDisposable
{
    private readonly DirectChannel _channel = new();
    private readonly byte[] _buffer = new byte[64];

    public void Dispose() => _channel.Dispose();

    [Fact]
    public void Without_a_request_its_port_does_not_wait()
    {
        using IChannelPort port = _channel.OpenPort();
        Assert.Equal(Errno.EAGAIN, port.Receive(_buffer).Errno);
    }

    [Fact]
    public void A_request_is_taken_once_and_whole()
    {
        using IChannelPort port = _channel.OpenPort();
        _channel.Put([1, 2, 3]);
        SysResult received = port.Receive(_buffer);
        Assert.Equal([1, 2, 3], _buffer[..(int)received.Value]);
        Assert.Equal(Errno.EAGAIN, port.Receive(_buffer).Errno);
        _channel.Put([4]);
        Assert.Equal(1, port.Receive(_buffer).Value);
    }

    [Fact]
    public void A_request_longer_than_the_buffer_stays_and_is_EINVAL()
    {
        using IChannelPort port = _channel.OpenPort();
        _channel.Put(new byte[_buffer.Length + 1]);
        Assert.Equal(Errno.EINVAL, port.Receive(_buffer).Errno);
        Assert.Equal(_buffer.Length + 1, port.Receive(new byte[100]).Value);
    }

    [Fact]
    public void Nothing_is_put_upon_what_was_not_taken()
    {
        using IChannelPort port = _channel.OpenPort();
        _channel.Put([1]);
        Assert.Throws<InvalidOperationException>(() => _channel.Put([2]));
        Assert.Equal(Errno.None, port.Send([3]));
        Assert.Throws<InvalidOperationException>(() => port.Send([4]));
        Assert.Equal([3], _channel.TakeReply().ToArray());
        Assert.True(_channel.TakeReply().IsEmpty);
    }

    [Fact]
    public void Closed_it_tells_the_server_that_the_mount_is_gone()
    {
        using IChannelPort port = _channel.OpenPort();
        _channel.Put([1]);
        _channel.Close();
        SysResult received = port.Receive(_buffer);
        Assert.False(received.Failed);
        Assert.Equal(0, received.Value);
        Assert.Equal(Errno.ENODEV, port.Send([2]));
    }
}
