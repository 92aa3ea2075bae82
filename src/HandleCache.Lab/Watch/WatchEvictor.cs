using System.Text;
using HandleCache.Lab.Validate;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Sessions;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Watch;

/// <summary>
/// Makes the kernel forget what nobody uses, at intervals, on a thread of its own: a notification
/// may wait for a lock that a caller holds until the server has answered him. It says to the
/// kernel what the server might.
/// </summary>
internal sealed class WatchEvictor : IDisposable
{
    private readonly KernelMirror _mirror;
    private readonly TrafficLog _log;
    private readonly IChannelPort _port;
    private readonly Notifier _notifier;
    private readonly Interval _interval;
    private bool _prunes;

    /// <param name="channel">The kernel's, below the tap.</param>
    /// <param name="mirror">Knows what is held.</param>
    /// <param name="log">Knows the names in the root.</param>
    /// <param name="method">Auto: PRUNE until the kernel refuses it.</param>
    /// <param name="interval">Between two rounds.</param>
    public WatchEvictor(
        IChannel channel, KernelMirror mirror, TrafficLog log, EvictionMethod method,
        TimeSpan interval)
    {
        _mirror = mirror;
        _log = log;
        _port = channel.OpenPort();
        _notifier = new(_port);
        _prunes = method != EvictionMethod.InvalEntry;
        _interval = new(interval, () => Round(method), "watch-evict");
    }

    /// <summary>Rounds in which the kernel was told.</summary>
    public long Rounds => _interval.Rounds;

    /// <summary>What was used, for the notes.</summary>
    public string Means => _prunes ? "FUSE_NOTIFY_PRUNE" : "FUSE_NOTIFY_INVAL_ENTRY";

    /// <summary>After the connection was aborted, so that no notification waits.</summary>
    public void Dispose()
    {
        _interval.Dispose();
        _port.Dispose();
    }

    private void Round(EvictionMethod method)
    {
        if (_prunes && !Prune() && method == EvictionMethod.Auto)
            _prunes = false;
        if (!_prunes)
        {
            foreach (string name in _log.RootNames())
            {
                _notifier.InvalEntry(
                    FuseConstants.FUSE_ROOT_ID, Encoding.Latin1.GetBytes(name));
            }
        }
    }

    /// <summary>False where the kernel does not know it.</summary>
    private bool Prune()
    {
        ulong[] held = Held();
        for (int at = 0; at < held.Length; at += Notifier.PruneBatch)
        {
            Errno errno = _notifier.Prune(held.AsSpan(
                at, Math.Min(Notifier.PruneBatch, held.Length - at)));
            if (errno == Errno.EINVAL)
                return false;
        }

        return true;
    }

    private ulong[] Held() => _mirror.Inspect(cache =>
    {
        List<ulong> all = [];
        for (InodeIndex i = cache.Next(InodeIndex.None); !i.IsNone; i = cache.Next(i))
        {
            ulong nodeid = cache.Get(i).NodeId;
            if (nodeid != FuseConstants.FUSE_ROOT_ID)
                all.Add(nodeid);
        }

        return all.ToArray();
    });
}
