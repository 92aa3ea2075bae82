using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Channels;

/// <summary>The kernel's end of a <see cref="MemoryChannel"/>; safe from any thread.</summary>
public sealed class MemoryClient
{
    private readonly MessageQueue _requests;
    private readonly MessageQueue _replies;
    private readonly Lock _lock = new();
    private readonly HashSet<ulong> _abandoned = [];

    internal MemoryClient(MessageQueue requests, MessageQueue replies)
    {
        _requests = requests;
        _replies = replies;
    }

    /// <summary>Sends one whole request; false when the channel is closed.</summary>
    public bool Send(ReadOnlySpan<byte> request) => _requests.TryPut(request);

    /// <summary>
    /// The next reply or notification. False when there was none within the time, or when the
    /// channel is closed and all is received.
    /// </summary>
    /// <exception cref="ArgumentException">The message is longer than the buffer.</exception>
    public bool TryReceive(Span<byte> buffer, TimeSpan timeout, out int length)
    {
        length = _replies.Take(buffer, (int)timeout.TotalMilliseconds, drain: true) ?? 0;
        if (length >= 0)
            return length > 0;
        throw new ArgumentException($"the message has {-length} bytes", nameof(buffer));
    }

    /// <summary>
    /// The reply to this request is no longer wanted: the server will get ENOENT for it, as when
    /// a caller was killed.
    /// </summary>
    public void Abandon(ulong unique)
    {
        lock (_lock)
            _abandoned.Add(unique);
    }

    /// <summary>Unmounts: the server's workers end.</summary>
    public void Close()
    {
        _requests.Close();
        _replies.Close();
    }

    internal Errno Deliver(ReadOnlySpan<byte> message)
    {
        if (!MemoryMarshal.TryRead(message, out fuse_out_header header))
            return Errno.EINVAL;
        lock (_lock)
        {
            if (_abandoned.Count > 0 && header.unique != 0 && _abandoned.Remove(header.unique))
                return Errno.ENOENT;
        }

        return _replies.TryPut(message) ? Errno.None : Errno.ENODEV;
    }
}
