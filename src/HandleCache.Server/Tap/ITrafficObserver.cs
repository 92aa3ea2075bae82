using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Tap;

/// <summary>
/// Sees every message of a channel, from any thread, in an order that cannot lie: a request is
/// shown after it was read, a reply before it is written (it takes effect in the kernel when it
/// is written), and what became of the reply after that. So a FORGET is never seen before the
/// reply whose lookup it takes back.
/// </summary>
public interface ITrafficObserver
{
    /// <summary>A request has been read.</summary>
    void OnRequest(ReadOnlySpan<byte> message);

    /// <summary>A reply or notification is about to be written.</summary>
    void OnReply(ReadOnlySpan<byte> message);

    /// <summary>The write is done; on an error the reply had no effect.</summary>
    void OnSent(ReadOnlySpan<byte> message, Errno errno);
}
