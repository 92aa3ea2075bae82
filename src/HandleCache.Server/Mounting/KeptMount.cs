using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Keeping;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Mounting;

/// <summary>
/// A mount whose server may die: device, mount, keeper and its thread, taken down together.
/// </summary>
public sealed class KeptMount : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NamespaceThread _namespace;
    private readonly Keeper _keeper;
    private readonly string _mountPoint;
    private readonly Thread _thread;
    private Exception? _failure;
    private bool _isMounted = true;

    private KeptMount(NamespaceThread mountNamespace, Keeper keeper, string mountPoint)
    {
        _namespace = mountNamespace;
        _keeper = keeper;
        _mountPoint = mountPoint;
        Notifier = new Notifier(new NotificationPort(keeper.Device));
        _thread = new Thread(RunKeeper) { IsBackground = true, Name = "keeper" };
    }

    /// <summary>The exception that ended the keeper; null when none did.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    public KeeperCounts Counts => _keeper.Snapshot();

    /// <summary>Tells the kernel what is no longer valid, whatever server there is.</summary>
    public Notifier Notifier { get; }

    /// <summary>Minor of the protocol agreed on.</summary>
    public uint Minor => _keeper.Minor;

    /// <summary>Every nodeid that the keeper says the kernel has, but the root's.</summary>
    public ulong[] NodeIds() =>
        _keeper.Inspect(static state => state.NodeIds());

    /// <summary>The nodeid of each file that the keeper says is open.</summary>
    public ulong[] FileNodeIds() =>
        _keeper.Inspect(static state => state.FileNodeIds());

    /// <summary>The kernel's lookups of a nodeid, as the keeper counts them.</summary>
    public ulong NLookup(ulong nodeid) =>
        _keeper.Inspect(state => state.NLookup(nodeid));

    /// <summary>The server's process now; 0 between two.</summary>
    public int ServerPid => _keeper.ServerPid;

    /// <summary>Whether the server of now has written a reply.</summary>
    public bool HasAnswered => _keeper.HasAnswered;

    /// <summary>Mounts, and starts the first server; returns when INIT is settled.</summary>
    /// <exception cref="IOException">It did not start.</exception>
    public static KeptMount Start(
        NamespaceThread mountNamespace, MountOptions options, Action<string> report)
    {
        ArgumentNullException.ThrowIfNull(mountNamespace);
        ArgumentNullException.ThrowIfNull(options);
        string mountPoint = Path.GetFullPath(options.MountPoint);
        // Before the first server starts, which inherits it.
        DescriptorLimit.Raise();
        Keeper keeper = new(FuseDevice.Open(options.Driver), new KeeperOptions
        {
            Start = socket => ServerProcess.Start(options, socket),
            Workers = Math.Min(options.Workers, Keeper.MostWorkers),
            Dialect = options.Dialect,
            IsExported = options.Export,
            Report = report,
        });
        KeptMount? kept = null;
        try
        {
            mountNamespace.Invoke(() =>
            {
                Mounts.MountFuse(keeper.Device, mountPoint, options.Settings);
                return true;
            });
            kept = new KeptMount(mountNamespace, keeper, mountPoint);
            kept._thread.Start();
            kept.WaitReady();
            KeptMount result = kept;
            (kept, keeper) = (null, null!);
            return result;
        }
        finally
        {
            if (kept is not null)
                kept.Dispose();
            else
                keeper?.Dispose();
        }
    }

    /// <summary>Waits until the file system is unmounted or the keeper gives up.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while still mounted.</exception>
    public void WaitForEnd(CancellationToken cancel)
    {
        using ManualResetEventSlim never = new();
        while (!_thread.Join(0))
            never.Wait(TimeSpan.FromMilliseconds(50), cancel);
    }

    /// <summary>Unmounts, ends the server, closes the connection.</summary>
    public void Dispose()
    {
        if (!_isMounted)
            return;
        _isMounted = false;
        bool isOver = !_thread.IsAlive && Failure is null;
        if (!isOver)
            _namespace.Invoke(() => Mounts.Unmount(_mountPoint));
        _keeper.Stop();
        _thread.Join(Patience);
        _keeper.Dispose();
    }

    private void WaitReady()
    {
        DateTime end = DateTime.UtcNow + Patience;
        while (!_keeper.Ready.Wait(TimeSpan.FromMilliseconds(20)))
        {
            if (Failure is KernelLacksException lacks)
                throw new KernelLacksException(lacks.Message, lacks);
            if (Failure is { } failure)
                throw new IOException($"the server did not start: {failure.Message}", failure);
            if (DateTime.UtcNow > end)
                throw new IOException("the kernel and the server did not finish INIT in time");
        }
    }

    private void RunKeeper()
    {
        try
        {
            _keeper.Run();
        }
        catch (IOException e)
        {
            Volatile.Write(ref _failure, e);
        }
    }

    /// <summary>The keeper's own descriptor: it reads no requests, but may notify.</summary>
    private sealed class NotificationPort(FuseDevice device) : IChannelPort
    {
        public SysResult Receive(Span<byte> buffer) => SysResult.Success(0);

        public Errno Send(ReadOnlySpan<byte> message) => device.Write(message).Errno;

        public void Dispose() { }
    }
}
