using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Tap;

/// <summary>
/// Shows a channel's traffic to an observer; the server above knows nothing of it.
/// </summary>
public sealed class TapChannel(IChannel inner, ITrafficObserver observer) : IChannel
{
    public IChannelPort OpenPort() => new Port(inner.OpenPort(), observer);

    public void Close() => inner.Close();

    public void Dispose() => inner.Dispose();

    private sealed class Port(IChannelPort inner, ITrafficObserver observer) : IChannelPort
    {
        public SysResult Receive(Span<byte> buffer)
        {
            SysResult received = inner.Receive(buffer);
            if (received is { Failed: false, Value: > 0 })
                observer.OnRequest(buffer[..(int)received.Value]);
            return received;
        }

        public Errno Send(ReadOnlySpan<byte> message)
        {
            observer.OnReply(message);
            Errno errno = inner.Send(message);
            observer.OnSent(message, errno);
            return errno;
        }

        public void Dispose() => inner.Dispose();
    }
}
