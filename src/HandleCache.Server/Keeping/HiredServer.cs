using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Keeping;

/// <summary>A server process and the keeper's end of the socket to it.</summary>
internal sealed class HiredServer : IDisposable
{
    private readonly byte[] _message = new byte[KeeperLink.HeadBytes];

    private HiredServer(PacketSocket socket, IServerProcess process)
    {
        Socket = socket;
        Process = process;
    }

    public PacketSocket Socket { get; }

    public IServerProcess Process { get; }

    /// <summary>It has said that it can serve at once.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Starts one; it waits for its hello. On the keeper's thread.</summary>
    public static HiredServer Start(Func<FileDescriptor, IServerProcess> start)
    {
        (PacketSocket mine, PacketSocket theirs) = PacketSocket.CreatePair();
        mine.NameSenders();
        using (theirs)
        {
            theirs.Descriptor.Inherit();
            return new HiredServer(mine, start(theirs.Descriptor));
        }
    }

    /// <summary>
    /// Takes what it has said before its hello; false when it has hung up or died.
    /// </summary>
    public bool Look()
    {
        Errno errno = Socket.Receive(_message, out ReceivedPacket packet, null, wait: false);
        bool isStrangers = errno == Errno.None && packet.SenderPid != Process.ProcessId
            && packet.LengthBytes > 0;
        if (errno is Errno.EAGAIN or Errno.EINTR || isStrangers)
            return !HasDied();
        if (errno != Errno.None
            || !MemoryMarshal.TryRead(
                _message.AsSpan(0, packet.LengthBytes), out KeeperMessage said)
            || said.Verb != KeeperVerb.Ready)
        {
            return false;
        }

        IsReady = true;
        return true;
    }

    /// <summary>
    /// Also where the socket does not say so, because a process that was started in just that
    /// moment has inherited its other end.
    /// </summary>
    public bool HasDied() => Process.WaitForExit(TimeSpan.Zero) is not null;

    /// <summary>Hangs up, kills and reaps.</summary>
    public void Dispose()
    {
        Socket.Dispose();
        Process.Dispose();
    }
}
