using System.Globalization;
using HandleCache.Lab.Kernels;
using HandleCache.Lab.Mixes;
using HandleCache.Lab.Replay;
using HandleCache.Lab.Validate;
using HandleCache.Linux;
using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Model.Mixes;
using HandleCache.Model.Replay;
using HandleCache.Model.Slab;
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
public static class WatchRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <param name="options">What is watched, and where.</param>
    /// <param name="mounted">Called once the mount can be used.</param>
    /// <param name="report">Told what the server prints, and of failed recordings.</param>
    /// <param name="cancel">Ends it: unmounts and returns.</param>
    /// <exception cref="BadInputException">No such directory, or no such server.</exception>
    /// <exception cref="MissingRequirementException">No /dev/fuse, or no rights.</exception>
    /// <exception cref="IOException">
    /// The server ended by itself, or does not speak FUSE.
    /// </exception>
    public static WatchResult Run(
        WatchOptions options, Action mounted, Action<string> report, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        MixedHandles? handles = options.FileSystem is null && options.HandlesFile is null
            ? null
            : new MixedHandles(
                FileSystemMixes.Choose(options.FileSystem, options.HandlesFile, false));
        using TraceRecording? recording = TraceRecording.Create(options.Record, report);
        CheckLedger ledger = new();
        List<string> notes = [];
        MirrorStatistics statistics;
        string protocol;
        using (KernelMirror mirror = new(
            new FuseInodeCache(new FuseInodeCacheOptions { IndexByHandle = true }), ledger,
            options.ReusesNodeIds, recording?.Of("watch"), options.Dialect, handles))
        {
            protocol = Serve(options, mirror, mounted, report, notes, cancel);
            mirror.Validate();
            statistics = mirror.Statistics;
            if (handles is not null)
                notes.Add(CostOf(mirror.CreatedByLength, handles.Mix));
        }

        recording?.Complete();
        ledger.NotCompared(
            TrafficChecks.ForgetNLookup, "the kernel has taken no lookup back");
        ledger.NotCompared(TrafficChecks.EntryIdentity, "no entry came twice");
        ledger.NotCompared(TrafficChecks.LiveNodeIds, "no request named a nodeid but the root's");
        return new WatchResult
        {
            Kernel = new KernelIdentity(KernelRelease.Read(), protocol),
            Statistics = statistics,
            Checks = ledger.Results(),
            Notes = notes,
        };
    }

    /// <summary>What the handles of a mix would cost the inodes that were seen.</summary>
    private static string CostOf(IReadOnlyList<long> inodesByLength, HandleMix mix)
    {
        KernelProfile kernel = KernelProfiles.Load(KernelProfiles.RunningName);
        HandleStrategy strategy = HandleStrategy.Inline(12);
        double today = new InodeCostModel(kernel, default).CostOf(0).TotalBytes;
        double bytes = new InodeCostModel(kernel, new HandleDesign(strategy))
            .MeanOf(inodesByLength);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"inodes without a handle got one of {mix.Name}, by nodeid: "
            + $"{inodesByLength.Sum()} inodes, {bytes:F2} bytes each with {strategy}, "
            + $"{today:F2} without handles (derived for this kernel)");
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

        if (options.Command.Count == 0)
            throw new BadInputException(
                "give the server behind --: watch MOUNTPOINT -- SERVER ...");
        if (Credentials.WhyNotMountFuse(options.Driver) is { } reason)
            throw new MissingRequirementException(reason);
    }

    /// <summary>Mounts, relays, unmounts; gives the protocol that was agreed on.</summary>
    private static string Serve(
        WatchOptions options, KernelMirror mirror, Action mounted, Action<string> report,
        List<string> notes, CancellationToken cancel)
    {
        string mountPoint = Path.GetFullPath(options.MountPoint);
        using PolledDevice device = new(options.Driver);
        IChannel below = options.Dialect.HasOwnMessages && options.Driver.NeedsBridge
            ? new HandleBridgeChannel(device, options.Dialect)
            : device;
        using IChannel channel = new TapChannel(below, mirror);
        using ForeignServer server = Start(options.Command, report);
        using NamespaceThread everybodys = new(ownNamespace: false);
        FuseConnection? connection = everybodys.Invoke(() =>
        {
            Mounts.MountFuse(device.Device, mountPoint, new FuseMountOptions
            {
                Driver = options.Driver,
                Source = options.Command[0],
                SubType = "handlecache-watch",
                ReadOnly = options.ReadOnly,
                RootMode = FileModes.Directory,
            });
            return MountInfo.Find(mountPoint) is { } mount
                ? new FuseConnection(options.Driver, mount.DevMinor)
                : null;
        });
        using Relay relay = new(channel, server.Socket);
        bool endedByItself = false;
        try
        {
            if (!relay.WaitReady(Patience, cancel))
                throw new IOException(WhyNotReady(relay, server));
            mounted();
            while (!relay.KernelEnded && !relay.ServerEnded)
            {
                if (cancel.WaitHandle.WaitOne(Pause))
                    break;
            }

            endedByItself = relay.ServerEnded && !cancel.IsCancellationRequested;
        }
        catch (OperationCanceledException)
        {
            notes.Add("interrupted before the server had answered INIT");
        }
        finally
        {
            // Nothing of ours lies there any more where somebody else has unmounted. The relay
            // cannot be joined while one of its writes waits in the kernel for a caller.
            if (!relay.KernelEnded)
            {
                connection?.Abort();
                everybodys.Invoke(() => Mounts.UnmountAborted(mountPoint));
            }
        }

        if (relay.Refused > 0)
            notes.Add($"{relay.Refused} replies were refused by the kernel (EINVAL)");
        if (relay.Failure is { } failure)
            throw new IOException(failure);
        if (endedByItself)
            throw new IOException($"the server {server.Ending()}");
        return relay.Protocol ?? "";
    }

    private static string WhyNotReady(Relay relay, ForeignServer server)
    {
        if (relay.Failure is { } failure)
            return failure;
        return relay.ServerEnded
            ? $"the server {server.Ending()} before it had answered INIT; is /dev/fd/N a mount "
                + "point for it, as for libfuse's?"
            : "the server did not agree to INIT in time";
    }

    private static ForeignServer Start(IReadOnlyList<string> command, Action<string> report)
    {
        try
        {
            return ForeignServer.Start(command, report);
        }
        catch (IOException e)
        {
            throw new BadInputException(e.Message, e);
        }
    }
}
