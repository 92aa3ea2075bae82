using HandleCache.Linux;

namespace HandleCache.Server.Keeping;

/// <summary>A server process and the keeper's end of the socket to it.</summary>
internal sealed class HiredServer : IDisposable
{
    private HiredServer(PacketSocket socket, IServerProcess process)
    {
        Socket = socket;
        Process = process;
    }

    public PacketSocket Socket { get; }

    public IServerProcess Process { get; }

    /// <summary>Starts one; it waits for its hello. On the keeper's thread.</summary>
    public static HiredServer Start(Func<FileDescriptor, IServerProcess> start)
    {
        (PacketSocket mine, PacketSocket theirs) = PacketSocket.CreatePair();
        using (theirs)
        {
            theirs.Descriptor.Inherit();
            return new HiredServer(mine, start(theirs.Descriptor));
        }
    }

    /// <summary>Hangs up, kills and reaps.</summary>
    public void Dispose()
    {
        Socket.Dispose();
        Process.Dispose();
    }
}
