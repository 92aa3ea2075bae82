using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Channels;

/// <summary>
/// What carries FUSE messages between a server and whoever drives it: /dev/fuse, a socket, an
/// in-memory pair, or a layer over another channel. The server does not know which.
/// </summary>
public interface IChannel : IDisposable
{
    /// <summary>
    /// A reader's own end. The first one exists before INIT; more may be opened after INIT was
    /// answered (on /dev/fuse: FUSE_DEV_IOC_CLONE). The caller disposes it.
    /// </summary>
    IChannelPort OpenPort();

    /// <summary>
    /// Files that the other side reads and writes by itself; null where all data are messages.
    /// </summary>
    IBackingFiles? Backing => null;

    /// <summary>
    /// Wakes every reader with "closed". Safe from any thread, at any time, more than once.
    /// </summary>
    void Close();
}

/// <summary>
/// One reader's end of a channel; used by one thread at a time, except where said.
/// </summary>
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
