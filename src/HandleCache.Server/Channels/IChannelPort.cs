using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Channels;

/// <summary>One reader's end of a channel; used by one thread at a time, except where said.</summary>
public interface IChannelPort : IDisposable
{
    /// <summary>
    /// Waits for one whole request and copies it to <paramref name="buffer"/>. Its length in
    /// bytes; 0 when the channel is closed or the file system unmounted. An interrupted wait is
    /// taken up again inside. Any other error is a failure.
    /// </summary>
    SysResult Receive(Span<byte> buffer);

    /// <summary>
    /// Sends one whole reply or notification. ENOENT: the kernel no longer wants this reply.
    /// Safe from several threads.
    /// </summary>
    Errno Send(ReadOnlySpan<byte> message);
}
