using HandleCache.Linux;

namespace HandleCache.Server.Relaying;

/// <summary>How a server that mounts by itself gets the socket in place of /dev/fuse.</summary>
public abstract class MountStandIn : IDisposable
{
    /// <summary>
    /// Where the server is told to mount: an empty directory of its own. At the mount itself it
    /// would wait for its own reply to INIT.
    /// </summary>
    public string MountPoint { get; protected init; } = "";

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The command that starts a server so.</summary>
    /// <param name="command">The server and its arguments.</param>
    /// <param name="socket">Its end, which processes started from now on inherit.</param>
    internal abstract IReadOnlyList<string> Wrap(
        IEnumerable<string> command, PacketSocket socket);

    /// <summary>The command is started, or could not be.</summary>
    internal virtual void Started()
    {
    }

    protected abstract void Dispose(bool disposing);
}
