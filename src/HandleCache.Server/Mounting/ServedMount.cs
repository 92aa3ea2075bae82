using HandleCache.Linux;
using HandleCache.Server.Channels;
using HandleCache.Server.Sessions;
using HandleCache.Server.Tap;

namespace HandleCache.Server.Mounting;

/// <summary>
/// A file system served on the real kernel: device, mount, channel (bridge and tap where there
/// is an observer), session and its threads, taken down together on every path.
/// </summary>
public sealed class ServedMount : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly NamespaceThread _namespace;
    private readonly IChannel _channel;
    private readonly FuseSession _session;
    private readonly Thread _thread;
    private Exception? _failure;
    private bool _mounted;
    private bool _ready;

    private ServedMount(
        NamespaceThread mountNamespace, string mountPoint, IChannel channel, FuseSession session)
    {
        _namespace = mountNamespace;
        MountPoint = mountPoint;
        _channel = channel;
        _session = session;
        _thread = new Thread(RunSession) { IsBackground = true, Name = "fuse-session" };
    }

    public string MountPoint { get; }

    /// <summary>What INIT settled.</summary>
    public SessionAgreement Agreement { get; private set; } = null!;

    public Notifier Notifier => _session.Notifier;

    /// <summary>Mounts and serves; returns when the kernel and the server have agreed.</summary>
    /// <param name="mountNamespace">Where the mount is made.</param>
    /// <param name="mountPoint">An existing empty directory.</param>
    /// <param name="fileSystem">What is served.</param>
    /// <param name="session">How; its dialect is what the observer sees.</param>
    /// <param name="mount">Options of the mount.</param>
    /// <param name="observer">Sees all traffic; none for a bare server.</param>
    /// <param name="layer">What is to lie directly above the device; null for nothing.</param>
    /// <param name="below">
    /// What is to lie between observer and server; null for nothing.
    /// </param>
    public static ServedMount Start(
        NamespaceThread mountNamespace,
        string mountPoint,
        FileSystem fileSystem,
        SessionOptions session,
        FuseMountOptions mount,
        ITrafficObserver? observer,
        Func<IChannel, IChannel>? layer = null,
        Func<IChannel, IChannel>? below = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(mount);
        DescriptorLimit.Raise();
        FuseDevice device = FuseDevice.Open(mount.Driver);
        IChannel channel =
            session.OverIoUring ? new RingChannel(device) : new DeviceChannel(device);
        if (layer is not null)
            channel = layer(channel);
        if (session.Dialect.HasOwnMessages && mount.Driver.NeedsBridge)
        {
            channel = new HandleBridgeChannel(channel, session.Dialect);
            session = session with { FileSystemType = session.Dialect.FileSystemType };
        }

        if (observer is not null)
            channel = new TapChannel(channel, observer);
        if (below is not null)
            channel = below(channel);
        ServedMount? served = new(
            mountNamespace, mountPoint, channel, new FuseSession(channel, fileSystem, session));
        try
        {
            mountNamespace.Invoke(() =>
            {
                Mounts.MountFuse(device, mountPoint, mount);
                return true;
            });
            served._mounted = true;
            served._thread.Start();
            served.WaitReady();
            ServedMount result = served;
            served = null;
            return result;
        }
        finally
        {
            served?.Dispose();
        }
    }

    /// <summary>Unmounts, ends the session and closes the device; quick even under load.</summary>
    public void Dispose()
    {
        if (_mounted)
        {
            _mounted = false;

            // A session that ended well was unmounted by somebody; what lies at the mount point
            // now is not ours to take away.
            bool isOver = _ready && !_thread.IsAlive && Failure is null;
            if (!isOver)
                _namespace.Invoke(() => Mounts.Unmount(MountPoint));
        }

        bool running = _thread.IsAlive;
        if (running && !_thread.Join(TimeSpan.FromMilliseconds(500)))
        {
            // Somebody still holds the detached mount (a file open in it): cut the connection.
            _channel.Close();
            _thread.Join(Patience);
        }

        _session.Dispose();
        _channel.Dispose();
    }

    /// <summary>Waits until the file system is unmounted or its session fails.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while still mounted.</exception>
    public void WaitForEnd(CancellationToken cancel)
    {
        // Not an event's wait, which would spin each time, beside the workers.
        while (!_thread.Join(TimeSpan.FromMilliseconds(50)))
            cancel.ThrowIfCancellationRequested();
    }

    /// <summary>The exception that ended the session early; null when none did.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    private void WaitReady()
    {
        try
        {
            if (!_session.Ready.Wait(Patience))
                throw new IOException("the kernel did not finish INIT in time");
            Agreement = _session.Ready.Result;
            _ready = true;
        }
        catch (AggregateException e)
        {
            throw new IOException(
                $"the session did not start: {(Failure ?? e.InnerException ?? e).Message}", e);
        }
    }

    private void RunSession()
    {
        try
        {
            _session.Run();
        }
        catch (IOException e)
        {
            Volatile.Write(ref _failure, e);
        }
    }
}
