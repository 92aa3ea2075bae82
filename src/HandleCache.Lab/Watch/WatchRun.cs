using System.Diagnostics;
using System.Globalization;
using HandleCache.Lab.Drive;
using HandleCache.Lab.Mixes;
using HandleCache.Lab.Replay;
using HandleCache.Lab.Validate;
using HandleCache.Linux;
using HandleCache.Model.Inodes;
using HandleCache.Model.Mixes;
using HandleCache.Model.Replay;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Mounting;
using HandleCache.Server.Relaying;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Watch;

/// <summary>
/// Mounts somebody else's FUSE server behind a relay and checks its traffic against the model,
/// until it is unmounted or cancelled.
/// </summary>
public sealed class WatchRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StateEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>The handle that FUSE itself makes of nodeid and generation.</summary>
    private const string MixOfFuse = "fuse";

    private readonly WatchOptions _options;
    private readonly KernelMirror _mirror;
    private readonly TrafficLog _log;
    private readonly List<string> _notes = [];
    private readonly PopulationCost _cost = new();
    private string? _ending;
    private WatchRestarts? _restarts;

    private WatchRun(WatchOptions options, KernelMirror mirror)
    {
        _options = options;
        _mirror = mirror;
        _log = new(mirror, options.Dialect);
    }

    /// <param name="options">What is watched, and where.</param>
    /// <param name="mounted">Called once the mount can be used.</param>
    /// <param name="report">Told what the server prints, and of failed recordings.</param>
    /// <param name="cancel">Ends it: unmounts and returns.</param>
    /// <exception cref="BadInputException">No such directory, or no such server.</exception>
    /// <exception cref="MissingRequirementException">No /dev/fuse, or no rights.</exception>
    /// <param name="state">Told where the run is, twice a second; null for nobody.</param>
    /// <exception cref="IOException">The server does not speak FUSE.</exception>
    public static WatchResult Run(
        WatchOptions options, Action mounted, Action<string> report, CancellationToken cancel,
        Action<WatchState>? state = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        MixedHandles? handles = options.FileSystem is null && options.HandlesFile is null
            ? null
            : new MixedHandles(
                FileSystemMixes.Choose(options.FileSystem, options.HandlesFile, false));
        HandleMix mix = handles?.Mix ?? FileSystemMixes.Load(MixOfFuse);
        using TraceRecording? recording = TraceRecording.Create(options.Record, report);
        CheckLedger ledger = new();
        WatchResult result;
        using (KernelMirror mirror = new(
            new FuseInodeCache(new FuseInodeCacheOptions { IndexByHandle = true }), ledger,
            options.ReusesNodeIds, recording?.Of("watch"), options.Dialect, handles))
        {
            WatchRun run = new(options, mirror);
            string protocol = run.Serve(mounted, report, state, cancel);
            mirror.Validate();
            result = run.Result(protocol, mix);
        }

        recording?.Complete();
        ledger.NotCompared(
            TrafficChecks.ForgetNLookup, "the kernel has taken no lookup back");
        ledger.NotCompared(TrafficChecks.EntryIdentity, "no entry came twice");
        ledger.NotCompared(TrafficChecks.LiveNodeIds, "no request named a nodeid but the root's");
        result = result with
        {
            Checks = [.. ledger.Results().Select(check => Placed(check, result))],
            Rules = [.. result.Rules.Select(rule => Placed(rule, result))],
        };
        return result with
        {
            Notes =
            [
                .. result.Notes,
                .. result.Rules.Where(rule => rule.Mismatches > 0
                    && options.Allowed.Contains(rule.Name))
                    .Select(rule => $"allowed: {rule.Name}"),
            ],
        };
    }

    private static CheckResult Placed(CheckResult check, WatchResult result) =>
        check.FirstMismatch is { } first
        && result.FailedAt.TryGetValue(check.Name, out string? at)
            ? check with { FirstMismatch = $"{first}; seen at {at}" }
            : check;

    private WatchResult Result(string protocol, HandleMix mix)
    {
        MirrorStatistics statistics = _mirror.Statistics;
        _notes.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"bytes per inode: derived for this kernel, inodes without a handle have one of "
            + $"{mix.Name}"));
        return new WatchResult
        {
            Kernel = new KernelIdentity(KernelRelease.Read(), protocol),
            Statistics = statistics,
            Checks = [],
            Rules = _log.Results(),
            Latencies = _log.Latencies(),
            Costs = _cost.Of(_mirror.CreatedByLength, mix, statistics.InodesPeak),
            Ending = _ending,
            Restarts = _restarts,
            Unanswered = _ending is null ? [] : _log.Unanswered(),
            Last = _ending is null ? [] : _log.Last(),
            FailedAt = _log.FailedChecks().ToDictionary(
                check => check, check => _log.FailedAt(check) ?? "the end"),
            Notes = _notes,
            Allowed = _options.Allowed,
        };
    }

    private static void Check(WatchOptions options)
    {
        if (!Directory.Exists(options.MountPoint))
            throw new BadInputException($"MOUNTPOINT: {options.MountPoint}: no such directory");
        if (options.Dialect.OptIn == HandleOptIn.FileSystemType)
        {
            throw new BadInputException(
                $"--dialect: {options.Dialect.Name} is agreed on by the type of the file system, "
                + "of which a server behind /dev/fd/N is told nothing");
        }

        AllowedRules.Check(options.Allowed);
        if (options.Command.Count == 0)
            throw new BadInputException(
                "give the server behind --: watch MOUNTPOINT -- SERVER ...");
        if (Credentials.WhyNotMountFuse(options.Driver) is { } reason)
            throw new MissingRequirementException(reason);
    }

    /// <summary>Mounts, relays, unmounts; gives the protocol that was agreed on.</summary>
    private string Serve(
        Action mounted, Action<string> report, Action<WatchState>? state,
        CancellationToken cancel)
    {
        string mountPoint = Path.GetFullPath(_options.MountPoint);
        using PolledDevice device = new(_options.Driver);
        IChannel below = _options.Dialect.HasOwnMessages && _options.Driver.NeedsBridge
            ? new HandleBridgeChannel(device, _options.Dialect)
            : device;
        using IChannel channel = new TapChannel(below, _log);
        using WatchedServer server = new(_options, report);
        using NamespaceThread everybodys = new(ownNamespace: false);
        FuseConnection? connection = everybodys.Invoke(() => Mount(device, mountPoint));
        using Relay relay = new(
            channel, server.Socket, keepsRequests: _options.RestartEvery is not null);
        WatchEvictor? evictor = null;
        Interval? dropper = null;
        try
        {
            if (!relay.WaitReady(Patience, cancel))
                throw new IOException(WhyNotReady(relay, server));
            evictor = _options.Evict is { } method
                ? new(device, _mirror, _log, method, _options.EvictEvery)
                : null;
            dropper = _options.DropCachesEvery is { } often
                ? new(often, MachineCaches.Drop, "watch-drop-caches")
                : null;
            mounted();
            Wait(relay, server, state, cancel);
            if (!relay.KernelEnded && !relay.ServerEnded)
                _log.JudgeUnanswered(_options.Patience);
            if (relay.ServerEnded && !cancel.IsCancellationRequested)
                _ending = server.Ending();
        }
        catch (OperationCanceledException)
        {
            _notes.Add("interrupted before the server had answered INIT");
        }
        finally
        {
            // Nothing of ours lies there any more where somebody else has unmounted. Neither relay
            // nor evictor can be joined while a write of theirs waits in the kernel for a caller.
            if (!relay.KernelEnded)
            {
                connection?.Abort();
                everybodys.Invoke(() => Mounts.UnmountAborted(mountPoint));
            }

            evictor?.Dispose();
            dropper?.Dispose();
        }

        if (evictor is not null)
            _notes.Add($"{evictor.Rounds} rounds of eviction by {evictor.Means}");
        if (dropper is not null)
            _notes.Add($"caches of the machine dropped {dropper.Rounds} times");
        _restarts = _options.RestartEvery is null
            ? null
            : _log.Restarts(server.Restarts, relay.SentAgain);
        if (relay.HasOtherInit)
            _notes.Add("a new server's answer to INIT differs from the first one's");
        if (relay.Refused > 0)
            _notes.Add($"{relay.Refused} replies were refused by the kernel (EINVAL)");
        return relay.Failure is { } failure ? throw new IOException(failure) : relay.Protocol ?? "";
    }

    private FuseConnection? Mount(PolledDevice device, string mountPoint)
    {
        Mounts.MountFuse(device.Device, mountPoint, new FuseMountOptions
        {
            Driver = _options.Driver,
            Source = _options.Command[0],
            SubType = "handlecache-watch",
            ReadOnly = _options.ReadOnly,
            RootMode = FileModes.Directory,
        });
        return MountInfo.Find(mountPoint) is { } mount
            ? new FuseConnection(_options.Driver, mount.DevMinor)
            : null;
    }

    /// <summary>Until the mount or the server ends, or who watches has seen enough.</summary>
    private void Wait(
        Relay relay, WatchedServer server, Action<WatchState>? state, CancellationToken cancel)
    {
        long begun = Stopwatch.GetTimestamp();
        TimeSpan restarted = TimeSpan.Zero;
        TimeSpan told = TimeSpan.Zero;
        while (!relay.KernelEnded && !relay.ServerEnded && !cancel.WaitHandle.WaitOne(Pause))
        {
            TimeSpan elapsed = Stopwatch.GetElapsedTime(begun);
            if (_options.RestartEvery is { } often && elapsed - restarted >= often)
            {
                server.Restart(relay, _log.NewLife, Patience);
                restarted = Stopwatch.GetElapsedTime(begun);
            }

            if (state is null || elapsed - told < StateEvery)
                continue;
            told = elapsed;
            state(new WatchState(
                elapsed, _mirror.Statistics, _log.Latencies(), _cost.TodaysBytes,
                _log.FailedChecks()));
        }
    }

    private static string WhyNotReady(Relay relay, WatchedServer server)
    {
        if (relay.Failure is { } failure)
            return failure;
        return relay.ServerEnded
            ? $"{server.Ending()} before it had answered INIT; is /dev/fd/N a mount "
                + "point for it, as for libfuse's? Else try --fusermount "
                + "or --direct-mount"
            : "the server did not agree to INIT in time";
    }
}
