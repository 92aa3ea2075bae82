using HandleCache.Linux;

namespace HandleCache.Server.Keeping;

/// <summary>
/// Servers that have been started and wait for their hello, oldest first, so that a death costs
/// no start. One is enough on an idle machine; where a death finds none ready, one more is kept
/// from then on. One thread, the keeper's.
/// </summary>
internal sealed class StandbyServers(Func<FileDescriptor, IServerProcess> start) : IDisposable
{
    private const int Most = 4;

    private readonly List<HiredServer> _waiting = [];
    private int _wanted = 1;

    /// <summary>The socket of the oldest; null when there is none.</summary>
    public FileDescriptor? Oldest => _waiting.Count == 0 ? null : _waiting[0].Socket.Descriptor;

    public void Fill()
    {
        while (_waiting.Count < _wanted)
            StartOne();
    }

    public void StartOne() => _waiting.Add(HiredServer.Start(start));

    /// <summary>From now on one more, or only one.</summary>
    public void Want(bool more) => _wanted = more ? Math.Min(_wanted + 1, Most) : 1;

    /// <summary>
    /// The oldest that is ready, or one that is gone before it was; the caller owns it. Null
    /// when all are still starting.
    /// </summary>
    public HiredServer? Take(out bool isReady)
    {
        isReady = false;
        for (int i = 0; i < _waiting.Count; i++)
        {
            HiredServer server = _waiting[i];
            bool isThere = server.Look();
            if (isThere && !server.IsReady)
                continue;
            _waiting.RemoveAt(i);
            isReady = isThere;
            return server;
        }

        return null;
    }

    public void Dispose()
    {
        foreach (HiredServer server in _waiting)
            server.Dispose();
    }
}
