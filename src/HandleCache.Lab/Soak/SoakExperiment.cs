using System.Diagnostics;
using HandleCache.Lab.Mounting;
using HandleCache.Lab.Restart;
using HandleCache.Lab.Validate;
using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Mounting;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Soak;

/// <summary>
/// Two mounts under mixed load with killed clients: the traffic of one is watched by the model,
/// the server of the other is killed over and over. In the end all is evicted, and kernel, server
/// table and model must agree on every count.
/// </summary>
public static class SoakExperiment
{
    /// <summary>Longest wait for what comes by itself; only a fault or a hang takes it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan StepEvery = TimeSpan.FromMilliseconds(20);

    /// <exception cref="BadInputException">A folder that cannot be served.</exception>
    /// <exception cref="MissingRequirementException">No /dev/fuse, or no rights.</exception>
    /// <exception cref="IOException">A server failed, or the keeper gave up.</exception>
    public static SoakResult Run(
        SoakOptions options, Action<string> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        using WatchedMount watched = new(options, cancel);
        using KilledMount killed = new(options);
        Stopwatch clock = Stopwatch.StartNew();
        progress($"working in {watched.Root} and {killed.Root}, removed at the end");
        double nextReport = 1;
        while (!cancel.IsCancellationRequested)
        {
            // Without a kill it would say nothing: a slow machine is given longer.
            bool hasKilled = watched.ClientsKilled > 0 && killed.ClientsKilled > 0
                && killed.ServersKilled > 0;
            TimeSpan most = TimeSpan.FromMinutes(options.Minutes);
            if (clock.Elapsed >= most + (hasKilled ? default : Patience))
                break;
            watched.Step();
            killed.Step();
            cancel.WaitHandle.WaitOne(StepEvery);
            if (clock.Elapsed.TotalMinutes < nextReport)
                continue;
            nextReport++;
            progress(FormattableString.Invariant(
                $"{clock.Elapsed.TotalMinutes:F0} of {options.Minutes} minutes, ")
                + $"{watched.ClientsKilled + killed.ClientsKilled} clients and "
                + $"{killed.ServersKilled} servers killed");
        }

        cancel.ThrowIfCancellationRequested();
        double seconds = clock.Elapsed.TotalSeconds;
        WatchedResult first = watched.Finish(cancel);
        KeptResult second = killed.Finish(cancel);
        return new SoakResult(
            seconds, new DriveInfo(watched.Root).DriveFormat, KernelRelease.Read(), first, second);
    }

    /// <summary>The mount whose traffic is watched.</summary>
    private sealed class WatchedMount : IDisposable
    {
        private readonly SoakOptions _options;
        private readonly RestartFolders _folders;
        private readonly StagePlan _plan;
        private readonly PassthroughFileSystem _server;
        private readonly Stage _stage;
        private readonly SoakClients _clients;

        public WatchedMount(SoakOptions options, CancellationToken cancel)
        {
            _options = options;
            _folders = new RestartFolders(options.On);
            _plan = new StagePlan(new ValidateOptions { Seed = (ulong)options.Seed }, null, cancel);
            _server = new PassthroughFileSystem(_folders.Source, new PassthroughOptions());
            _stage = Stage.Start(
                "soak", _plan, _server, new SessionOptions(), readOnly: false,
                mountPoint: _folders.Mount);
            _clients = new SoakClients(
                _plan.Namespace, _folders, options.Seed, options.ClientLifeMs);
        }

        public string Root => _folders.Root;

        public int ClientsKilled => _clients.Killed;

        public void Step() => _clients.Step();

        public WatchedResult Finish(CancellationToken cancel)
        {
            SoakLoad load = _clients.Finish(cancel);
            ServerTablePhase.Run(_stage, _server);
            ForgottenPhase.Run(
                _stage, new Evictor(_stage, _options.Eviction), _clients.Names);
            ServerTablePhase.Run(_stage, _server);
            _stage.Mirror.Validate();
            if (_stage.Mount.Failure is { } failure)
                throw new IOException($"the server failed: {failure.Message}", failure);
            return new WatchedResult(
                load, _stage.Mirror.Statistics.Requests, _stage.Mirror.Statistics.InodesPeak,
                _plan.Ledger.Results());
        }

        public void Dispose()
        {
            _clients.Dispose();
            _stage.Dispose();
            _server.Dispose();
            _plan.Dispose();
            _folders.Dispose();
        }
    }

    /// <summary>The mount whose server is killed.</summary>
    private sealed class KilledMount : IEvictedMount, IDisposable
    {
        private readonly SoakOptions _options;
        private readonly RestartFolders _folders;
        private readonly NamespaceThread _namespace = new();
        private readonly KeptMount _mount;
        private readonly SoakClients _clients;
        private readonly SplitMix64 _random;
        private long _killAt;
        private int _last;

        public KilledMount(SoakOptions options)
        {
            _options = options;
            _folders = new RestartFolders(options.On);
            MountOptions mount = new()
            {
                Source = _folders.Source,
                MountPoint = _folders.Mount,
                TimeoutSeconds = 0.1,
                Dialect = Dialect.Default,
                DialectName = Dialect.Default.Name,
                Keep = true,
            };
            MountPlaces.Check(mount);
            MountPlaces.Serve(mount, MountPlaces.PassthroughOf(mount)).Dispose();
            _mount = KeptMount.Start(_namespace, mount, static _ => { });
            _clients = new SoakClients(
                _namespace, _folders, options.Seed + 1, options.ClientLifeMs);
            _random = new SplitMix64((ulong)options.Seed);
            Draw();
        }

        public string Root => _folders.Root;

        public int ClientsKilled => _clients.Killed;

        public int ServersKilled { get; private set; }

        public Notifier Notifier => _mount.Notifier;

        public uint Minor => _mount.Minor;

        public ulong[] HeldNodeIds() => _mount.NodeIds();

        public ulong Held(ulong nodeId) => _mount.NLookup(nodeId);

        public void Step()
        {
            _clients.Step();
            if (_mount.Failure is { } failure)
                throw new IOException($"the keeper gave up: {failure.Message}", failure);
            int server = _mount.ServerPid;
            if (Environment.TickCount64 < _killAt || server == 0 || server == _last)
                return;
            Processes.Signal(server, Processes.Kill);
            ServersKilled++;
            _last = server;
            Draw();
        }

        public KeptResult Finish(CancellationToken cancel)
        {
            SoakLoad load = _clients.Finish(cancel);
            Evictor evictor = new(this, _options.Eviction);
            ulong[] left = [];

            // The keeper reads what its server has logged when it comes to it.
            Stage.WaitFor(
                () =>
                {
                    left = evictor.EvictAll(_clients.Names);
                    return !left.Any(IsInKernel);
                },
                Patience);

            // A RELEASE is nobody's to wait for: the last ones may be on their way.
            Stage.WaitFor(() => !_mount.FileNodeIds().Any(IsInKernel), Patience);

            int held = left.Count(IsInKernel);
            ulong[] files = _mount.FileNodeIds();
            int open = files.Count(IsInKernel);
            return new KeptResult(
                load, ServersKilled, _mount.Counts, held, open,
                left.Length - held + files.Length - open);
        }

        /// <summary>fuse_reverse_inval_inode() says ENOENT where the kernel has no inode.</summary>
        private bool IsInKernel(ulong nodeid) => Notifier.InvalInode(nodeid) != Errno.ENOENT;

        public void Dispose()
        {
            _clients.Dispose();
            _mount.Dispose();
            _namespace.Dispose();
            _folders.Dispose();
        }

        private void Draw() => _killAt = Environment.TickCount64 + (_options.ServerLifeMs / 2)
            + _random.Below(_options.ServerLifeMs);
    }
}
