using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Channels;

/// <summary>
/// A channel without a wait, for a kernel and a server on one thread: a request lies in it until
/// <see cref="Sessions.FuseSession.ServePending"/> takes it, then its reply. One port.
/// </summary>
public sealed class DirectChannel : IChannel
{
    private byte[] _request = [];
    private byte[] _reply = [];
    private int _requestBytes;
    private int _replyBytes;
    private bool _isClosed;

    /// <summary>Lays a request into the empty channel.</summary>
    /// <exception cref="InvalidOperationException">The one before was not taken.</exception>
    public void Put(ReadOnlySpan<byte> request)
    {
        if (_requestBytes > 0)
            throw new InvalidOperationException("a request lies in the channel");
        _requestBytes = Keep(request, ref _request);
    }

    /// <summary>
    /// Takes the reply; empty where there is none. Good until the next request is served.
    /// </summary>
    public ReadOnlySpan<byte> TakeReply()
    {
        ReadOnlySpan<byte> reply = _reply.AsSpan(0, _replyBytes);
        _replyBytes = 0;
        return reply;
    }

    public IChannelPort OpenPort() => new Port(this);

    public void Close() => _isClosed = true;

    public void Dispose() => Close();

    private static int Keep(ReadOnlySpan<byte> message, ref byte[] place)
    {
        if (place.Length < message.Length)
            place = new byte[Math.Max(message.Length, 2 * place.Length)];
        message.CopyTo(place);
        return message.Length;
    }

    private sealed class Port(DirectChannel channel) : IChannelPort
    {
        /// <summary>
        /// EAGAIN when there is no request; EINVAL when it is longer than the buffer, as
        /// /dev/fuse does.
        /// </summary>
        public SysResult Receive(Span<byte> buffer)
        {
            if (channel._isClosed)
                return SysResult.Success(0);
            int length = channel._requestBytes;
            if (length == 0)
                return SysResult.Failure(Errno.EAGAIN);
            if (length > buffer.Length)
                return SysResult.Failure(Errno.EINVAL);
            channel._request.AsSpan(0, length).CopyTo(buffer);
            channel._requestBytes = 0;
            return SysResult.Success(length);
        }

        /// <exception cref="InvalidOperationException">The reply before was not taken.</exception>
        public Errno Send(ReadOnlySpan<byte> message)
        {
            if (channel._isClosed)
                return Errno.ENODEV;
            if (channel._replyBytes > 0)
                throw new InvalidOperationException("a reply lies in the channel");
            channel._replyBytes = Keep(message, ref channel._reply);
            return Errno.None;
        }

        public void Dispose() { }
    }
}
