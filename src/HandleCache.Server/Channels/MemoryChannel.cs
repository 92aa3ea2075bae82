using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Channels;

/// <summary>
/// An in-memory pair: the server has this end as its channel, whoever plays the kernel has
/// <see cref="Client"/>. All ports share one queue of requests. What one worker takes, no other
/// sees. No allocation once the queues have reached their size.
/// </summary>
public sealed class MemoryChannel : IChannel
{
    private readonly MessageQueue _requests = new();
    private readonly MessageQueue _replies = new();

    public MemoryChannel() => Client = new MemoryClient(_requests, _replies);

    /// <summary>The kernel's end.</summary>
    public MemoryClient Client { get; }

    public IChannelPort OpenPort() => new Port(this);

    public void Close()
    {
        _requests.Close();
        _replies.Close();
    }

    public void Dispose() => Close();

    private sealed class Port(MemoryChannel channel) : IChannelPort
    {
        /// <summary>EINVAL when the request is longer than the buffer, as /dev/fuse does.</summary>
        public SysResult Receive(Span<byte> buffer)
        {
            int length = channel._requests.Take(buffer, Timeout.Infinite, drain: false) ?? 0;
            return length >= 0 ? SysResult.Success(length) : SysResult.Failure(Errno.EINVAL);
        }

        public Errno Send(ReadOnlySpan<byte> message) => channel.Client.Deliver(message);

        public void Dispose() { }
    }
}
