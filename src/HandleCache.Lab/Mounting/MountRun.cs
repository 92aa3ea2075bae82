using HandleCache.Lab.Replay;
using HandleCache.Linux;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Keeping;
using HandleCache.Server.Mounting;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Mounting;

/// <summary>What a mount came to.</summary>
/// <param name="Checks">What the model found; none where it did not ride along.</param>
/// <param name="Requests">Requests the model saw.</param>
/// <param name="Keeper">What the keeper saw; null where there was none.</param>
public sealed record MountOutcome(
    IReadOnlyList<CheckResult> Checks, long Requests, KeeperCounts? Keeper = null)
{
    /// <summary>Whether the model agrees with all it saw.</summary>
    public bool Holds => Checks.All(check => check.Mismatches == 0)
        && Keeper is null or { WrongObject: 0, Overdrawn: 0 };
}

/// <summary>Serves a directory on a mount point until it is unmounted or cancelled.</summary>
public static class MountRun
{
    /// <param name="options">What, where and how.</param>
    /// <param name="mounted">Called once the mount can be used.</param>
    /// <param name="cancel">Ends it: unmounts and returns.</param>
    /// <exception cref="BadInputException">
    /// No such directory, or a source without handles.
    /// </exception>
    /// <exception cref="MissingRequirementException">No /dev/fuse, or no rights.</exception>
    /// <param name="report">Told of servers that died and were replaced.</param>
    /// <exception cref="IOException">The server failed.</exception>
    public static MountOutcome Run(
        MountOptions options, Action mounted, Action<string> report, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(mounted);
        MountPlaces.Check(options);
        if (options.Keep)
            return RunKept(options, mounted, report, cancel);
        using TraceRecording? recording = TraceRecording.Create(options.Record, report);
        MountOutcome outcome = Serve(options, mounted, recording, cancel);
        recording?.Complete();
        return outcome;
    }

    private static MountOutcome Serve(
        MountOptions options, Action mounted, TraceRecording? recording, CancellationToken cancel)
    {
        CheckLedger ledger = new();
        using KernelMirror? mirror = options.Model || recording is not null
            ? NewMirror(ledger, recording?.Of("mount"), options.Dialect)
            : null;
        using PassthroughFileSystem served =
            MountPlaces.Serve(options, MountPlaces.PassthroughOf(options));
        using NamespaceThread everybodys = new(ownNamespace: false);
        using (ServedMount mount = ServedMount.Start(
            everybodys, Path.GetFullPath(options.MountPoint), served, options.Session,
            options.Settings, mirror))
        {
            if (options.Backing == BackingMode.On)
                RequireBacking(options, mount.Agreement);
            mounted();
            Until(mount.WaitForEnd, cancel);
            if (mount.Failure is { } failure)
                throw new IOException($"the server failed: {failure.Message}", failure);
        }

        mirror?.Validate();
        return new MountOutcome(ledger.Results(), mirror?.Statistics.Requests ?? 0);
    }

    /// <summary>
    /// A file system that lies on others the kernel takes for no backing file (ELOOP).
    /// </summary>
    /// <exception cref="MissingRequirementException">Kernel or source cannot do it.</exception>
    private static void RequireBacking(MountOptions options, SessionAgreement agreement)
    {
        if ((agreement.Flags & FuseInitFlags.FUSE_PASSTHROUGH) == 0)
        {
            throw new MissingRequirementException(
                "--backing on: this kernel has no backing files (Linux 6.9, "
                + "CONFIG_FUSE_PASSTHROUGH)");
        }

        string type = TypeOf(options.Source);
        if (type is "overlay" or "ecryptfs" || type.StartsWith("fuse", StringComparison.Ordinal))
        {
            throw new MissingRequirementException(
                $"--backing on: {options.Source} is on {type}, which the kernel takes for no "
                + "backing file: use --backing auto");
        }
    }

    private static string TypeOf(string path)
    {
        using FileDescriptor directory = Files.Open(path, OpenFlags.Path);
        if (Metadata.Statx(directory, StatxMask.BasicStats, out Statx statx) != Errno.None)
            return "";
        (uint, uint) device = (statx.DevMajor, statx.DevMinor);
        return MountInfo.ReadAll()
            .LastOrDefault(mount => (mount.DevMajor, mount.DevMinor) == device)?.FileSystemType
            ?? "";
    }

    private static MountOutcome RunKept(
        MountOptions options, Action mounted, Action<string> report, CancellationToken cancel)
    {
        if (options.Model || options.Record is not null)
        {
            throw new BadInputException(
                "--model and --record watch one server's life; they go without --keep");
        }

        // A source that cannot be served is said now, not by server after server.
        MountPlaces.Serve(options, MountPlaces.PassthroughOf(options)).Dispose();
        using NamespaceThread everybodys = new(ownNamespace: false);
        using KeptMount mount = KeptMount.Start(everybodys, options, report);
        mounted();
        Until(mount.WaitForEnd, cancel);
        if (mount.Failure is { } failure)
            throw new IOException($"the keeper gave up: {failure.Message}", failure);
        return new MountOutcome([], 0, mount.Counts);
    }

    private static void Until(Action<CancellationToken> waitForEnd, CancellationToken cancel)
    {
        try
        {
            waitForEnd(cancel);
        }
        catch (OperationCanceledException)
        {
            // The way a mount is meant to end: the caller unmounts.
            return;
        }
    }

    private static KernelMirror NewMirror(
        CheckLedger ledger, MirrorRecording? recording, Dialect dialect) => new(
        new FuseInodeCache(new FuseInodeCacheOptions { IndexByHandle = true }), ledger,
        reusesNodeIds: false, recording, dialect);
}

/// <summary>The server process of a kept mount, from its options.</summary>
public static class KeptServing
{
    /// <param name="socket">Descriptor of the keeper's socket; owned from here on.</param>
    /// <param name="options">Those of the mount; its mount point does not matter.</param>
    /// <exception cref="IOException">The keeper is gone, or the server failed.</exception>
    public static void Run(int socket, MountOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        KeptServer.Run(
            FileDescriptor.Own(socket), options.Source, MountPlaces.PassthroughOf(options),
            options.Session);
    }
}
