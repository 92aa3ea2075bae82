using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Channels;

/// <summary>
/// A channel for one worker whose other end knows when a message has been dealt with: who sends
/// goes on when the worker asks for the next. So a FORGET, which has no reply, has had its effect,
/// and runs are the same every time.
/// </summary>
public sealed class HandOverChannel : IChannel
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _sent = new(0);
    private readonly SemaphoreSlim _idle = new(0);
    private readonly Queue<byte[]> _replies = new();
    private byte[]? _message;
    private volatile bool _closed;

    /// <summary>Nothing is handed over any more.</summary>
    public bool IsClosed => _closed;

    /// <summary>
    /// Hands a message over and waits until it is dealt with; false where that takes longer, or
    /// the channel is closed.
    /// </summary>
    public bool TrySend(ReadOnlySpan<byte> message, TimeSpan patience)
    {
        // The worker is idle before the first message, and after each.
        if (!_idle.Wait(patience) || _closed)
            return false;
        _message = message.ToArray();
        _sent.Release();
        if (!_idle.Wait(patience) || _closed)
            return false;
        _idle.Release();
        return true;
    }

    /// <summary>The next reply or notification; null where there is none.</summary>
    public byte[]? Take()
    {
        lock (_lock)
            return _replies.TryDequeue(out byte[]? reply) ? reply : null;
    }

    public IChannelPort OpenPort() => new Port(this);

    public void Close()
    {
        _closed = true;
        _sent.Release();
        _idle.Release();
    }

    public void Dispose() => Close();

    private sealed class Port(HandOverChannel channel) : IChannelPort
    {
        public SysResult Receive(Span<byte> buffer)
        {
            channel._idle.Release();
            channel._sent.Wait();
            if (channel._closed || channel._message is not { } message)
                return SysResult.Success(0);
            if (message.Length > buffer.Length)
                return SysResult.Failure(Errno.EINVAL);
            message.CopyTo(buffer);
            return SysResult.Success(message.Length);
        }

        public Errno Send(ReadOnlySpan<byte> message)
        {
            lock (channel._lock)
                channel._replies.Enqueue(message.ToArray());
            return channel._closed ? Errno.ENODEV : Errno.None;
        }

        public void Dispose() { }
    }
}
