using System.Collections.Concurrent;
using HandleCache.Linux;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Tests;

/// <summary>A channel within the process: a test puts requests in and takes replies out.</summary>
internal sealed class ScriptedChannel : IChannel
{
    private readonly BlockingCollection<byte[]> _requests = [];
    private readonly BlockingCollection<byte[]> _replies = [];

    /// <summary>What a port's send gives, e.g. ENOENT for a reply that nobody wants.</summary>
    public Errno SendResult { get; set; }

    public void PutRequest(byte[] message) => _requests.Add(message);

    public byte[] TakeReply() => _replies.TryTake(out byte[]? reply, TimeSpan.FromSeconds(30))
        ? reply
        : throw new TimeoutException("no reply within 30 s");

    public IChannelPort OpenPort() => new Port(this);

    public void Close()
    {
        if (!_requests.IsAddingCompleted)
            _requests.CompleteAdding();
    }

    public void Dispose()
    {
        _requests.Dispose();
        _replies.Dispose();
    }

    private sealed class Port(ScriptedChannel channel) : IChannelPort
    {
        public SysResult Receive(Span<byte> buffer)
        {
            if (!channel._requests.TryTake(out byte[]? request, Timeout.Infinite))
                return SysResult.Success(0);
            request.CopyTo(buffer);
            return SysResult.Success(request.Length);
        }

        public Errno Send(ReadOnlySpan<byte> message)
        {
            channel._replies.Add(message.ToArray());
            return channel.SendResult;
        }

        public void Dispose()
        {
        }
    }
}
