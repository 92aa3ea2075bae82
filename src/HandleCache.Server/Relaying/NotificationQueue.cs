using System.Collections.Concurrent;

namespace HandleCache.Server.Relaying;

/// <summary>A callback that takes one whole message.</summary>
internal delegate void MessageSink(ReadOnlySpan<byte> message);

/// <summary>
/// Writes a server's notifications to the kernel one after the other, on a thread of its own. So
/// many may wait and no more: a server that sends faster than the kernel takes them is held up.
/// </summary>
internal sealed class NotificationQueue : IDisposable
{
    private const int MostWaiting = 1024;

    private readonly BlockingCollection<byte[]> _waiting = new(MostWaiting);
    private readonly Thread _thread;

    /// <param name="send">May block in the kernel.</param>
    public NotificationQueue(MessageSink send)
    {
        _thread = new Thread(() =>
        {
            foreach (byte[] message in _waiting.GetConsumingEnumerable())
                send(message);
        })
        {
            IsBackground = true,
            Name = "relay-notify",
        };
        _thread.Start();
    }

    /// <summary>Copies the message; one thread at a time.</summary>
    public void Add(ReadOnlySpan<byte> message) => _waiting.Add(message.ToArray());

    /// <summary>Sends what waits, and ends; nothing is added any more.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread.Join();
        _waiting.Dispose();
    }
}
