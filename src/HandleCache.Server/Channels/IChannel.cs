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
    /// Wakes every reader with "closed". Safe from any thread, at any time, more than once.
    /// </summary>
    void Close();
}
