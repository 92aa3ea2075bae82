using HandleCache.Lab.Differential;
using HandleCache.Lab.Kernels;
using HandleCache.Lab.Mounting;
using HandleCache.Lab.Replay;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;

namespace HandleCache.Lab.Validate;

/// <summary>
/// Mounts real FUSE file systems, drives them with real system calls of another process, and
/// checks every request of the kernel against the model.
/// <list type="table">
/// <listheader><term>stage</term><description>what it is there for</description></listheader>
/// <item><term>table</term><description>the tree, server remembers forgotten nodeids (R14)
/// </description></item>
/// <item><term>none</term><description>a small tree, forgotten nodeids are gone
/// </description></item>
/// <item><term>lengths</term><description>synthetic handles of 0 to 128 bytes, so that some
/// spill</description></item>
/// <item><term>reuse</term><description>a server that reuses nodeids with new generations and
/// types (R1)</description></item>
/// <item><term>differential</term><description>random scripts, each on a mount and on the
/// modelled kernel (<see cref="DifferentialExperiment"/>)</description></item>
/// </list>
/// </summary>
public sealed class ValidateExperiment
{
    /// <summary>Objects whose handles are compared one by one; more are walked only.</summary>
    private const int MostCompared = 4000;

    private readonly StagePlan _plan;
    private readonly ValidateOptions _options;

    private ValidateExperiment(StagePlan plan)
    {
        _plan = plan;
        _options = plan.Options;
    }

    /// <summary>Runs all stages and gives the result; leaves nothing behind.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="progress">Told what is going on, a line each.</param>
    /// <param name="cancel">Ends the run early with OperationCanceledException.</param>
    /// <exception cref="MissingRequirementException">
    /// No /dev/fuse, or no right to mount.
    /// </exception>
    /// <exception cref="BadInputException">The source cannot be served.</exception>
    public static ValidateResult Run(
        ValidateOptions options, Action<string> progress, CancellationToken cancel)
    {
        Require(options);
        using TraceRecording? recording = TraceRecording.Create(options.Record, progress);
        ValidateResult result = Run(options, recording, progress, cancel);
        recording?.Complete();
        return result;
    }

    private static ValidateResult Run(
        ValidateOptions options, TraceRecording? recording, Action<string> progress,
        CancellationToken cancel)
    {
        using StagePlan plan = new(options, recording, cancel);
        if (!plan.Namespace.IsPrivate)
        {
            progress(
                $"no private mount namespace: if this process is killed, run: umount -l "
                + Path.Combine(plan.Folder, "mnt-table"));
        }

        try
        {
            return new ValidateExperiment(plan).RunStages(progress);
        }
        catch (Exception e) when (cancel.IsCancellationRequested
            && e is LabException or ObjectDisposedException or IOException)
        {
            // The cancellation kills the client, and whoever was asking it then fails somehow.
            throw new OperationCanceledException("interrupted", e, cancel);
        }
    }

    private static void Require(ValidateOptions options)
    {
        if (options.Strategy.CapacityBytes < FuseConstants.MAX_HANDLE_SZ)
        {
            throw new BadInputException(
                $"--strategy {options.Strategy} keeps handles of at most "
                + $"{options.Strategy.CapacityBytes} bytes; validate compares up to "
                + $"{FuseConstants.MAX_HANDLE_SZ}");
        }

        MountPlaces.RequireHandleType(options.Dialect);
        KernelProfiles.VersionOf(options.ModelKernel);
        if (Credentials.WhyNotMountFuse(options.Driver) is { } mount)
            throw new MissingRequirementException(mount);
        if (Credentials.WhyNotOpenByHandle() is { } open)
            throw new MissingRequirementException(open);
    }

    private ValidateResult RunStages(Action<string> progress)
    {
        string protocol = _options.Shard.IsFirst ? MountStages(progress) : ProtocolStage();
        DialectStage.Run(_plan, progress);
        DifferentialResult? differential = DifferentialStage.Run(_plan, progress);
        if (differential is { IsInterrupted: true })
        {
            _plan.Ledger.NotCompared(ValidateChecks.SlabObjects, "interrupted before");
        }
        else if (_options.DropCaches && _options.Shard.IsFirst)
        {
            progress("stage slab: objects and pages of fuse_inode");
            SlabStage.Run(_plan);
        }
        else
        {
            _plan.Ledger.NotCompared(
                ValidateChecks.SlabObjects, "needs --drop-caches, which disturbs the machine");
        }

        return Result(protocol) with { Differential = differential };
    }

    /// <summary>What cannot be divided; gives the protocol agreed on.</summary>
    private string MountStages(Action<string> progress)
    {
        string protocol = TableStage(progress);
        progress("stage none: a server that forgets");
        NoneStage();
        progress("stage lengths: handles of 0 to 128 bytes");
        LengthsStage();
        progress("stage reuse: nodeids given again");
        ReuseStage.Run(_plan);
        return protocol;
    }

    /// <summary>A mount for no more than to learn the protocol that is agreed on.</summary>
    private string ProtocolStage()
    {
        foreach (string check in ValidateChecks.Mandatory.Append(ValidateChecks.SlabObjects))
            _plan.Ledger.NotCompared(check, $"the work of --shard 1/{_options.Shard.Of}");
        using TreeFolder tree = TreeFolder.Make(_options with { Source = null }, 1, 1);
        using PassthroughFileSystem fileSystem = Serve(tree.Path, ForgottenHandles.Drop);
        using Stage stage = Stage.Start(
            "protocol", _plan, fileSystem, Session(exportSupport: false), readOnly: true);
        return ProtocolOf(stage);
    }

    private string ProtocolOf(Stage stage)
    {
        _plan.Minor = stage.Mount.Agreement.Minor;
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"7.{_plan.Minor}");
    }

    /// <summary>The tree itself, with the whole workload; gives the protocol agreed on.</summary>
    private string TableStage(Action<string> progress)
    {
        bool write = _options.Source is null || _options.Write;
        using TreeFolder tree = TreeFolder.Make(_options, _options.Directories, _options.Files);
        using PassthroughFileSystem fileSystem = Serve(tree.Path, ForgottenHandles.Remember);
        using Stage stage = Stage.Start(
            "table", _plan, fileSystem, Session(exportSupport: true), readOnly: !write);
        progress($"stage table: {tree.Path}, {_options.Operations} steps, seed {_options.Seed}");
        CompareTree(stage, tree.Path);
        Drive(stage, write);

        List<string> paths = SourceTree.List(tree.Path, int.MaxValue);
        List<string> compared = Sampled(paths);
        List<KnownObject> known = HandlePhase.Run(
            _plan, stage, compared, path => PathHandles.Of(tree.Path, path));
        Evictor evictor = new(stage, _options.Eviction);
        ExportPhase.Run(_plan, stage, known, evictor, servesForgotten: true);
        if (_options.Source is null)
            StalePhase.Run(stage, [.. paths.Where(IsDoomed)]);
        _plan.Cancel.ThrowIfCancellationRequested();
        ServerTablePhase.Run(stage, fileSystem);
        ForgottenPhase.Run(stage, evictor, paths);
        ServerTablePhase.Run(stage, fileSystem);
        Finish(stage);
        _plan.Notes.Add($"inodes evicted by {evictor.Means}");
        return ProtocolOf(stage);
    }

    private void NoneStage()
    {
        using TreeFolder tree = TreeFolder.Make(_options with { Source = null }, 4, 80);
        using PassthroughFileSystem fileSystem = Serve(tree.Path, ForgottenHandles.Drop);
        using Stage stage = Stage.Start(
            "none", _plan, fileSystem, Session(exportSupport: false), readOnly: false);
        List<string> paths = SourceTree.List(tree.Path, MostCompared);
        List<KnownObject> known = HandlePhase.Run(
            _plan, stage, paths, path => PathHandles.Of(tree.Path, path));
        Evictor evictor = new(stage, _options.Eviction);
        ExportPhase.Run(_plan, stage, known, evictor, servesForgotten: false);
        StalePhase.Run(stage, [.. paths.Where(IsDoomed)]);
        ServerTablePhase.Run(stage, fileSystem);
        ForgottenPhase.Run(stage, evictor, paths);
        ServerTablePhase.Run(stage, fileSystem);
        Finish(stage);
    }

    private void LengthsStage()
    {
        SyntheticOptions synthetic = new()
        {
            Seed = _options.Seed,
            Directories = 20,
            FilesPerDirectory = 50,
            Generation = 7,
            NodeIdBase = 1,
            Export = SyntheticExport.Table,
            MostHandleBytes = _options.Dialect.CarriesHandles
                ? _options.Dialect.MaxHandleBytes
                : SyntheticHandle.MaxBytes,
            HandleTypeBits = TypeBits(_options.Dialect),
        };
        SyntheticFileSystem fileSystem = new(synthetic);
        using Stage stage = Stage.Start(
            "lengths", _plan, fileSystem, Session(exportSupport: true), readOnly: true);
        stage.Ask(new WalkRequest(stage.Root));
        List<string> paths = [.. SyntheticPaths(synthetic)];
        Dictionary<string, ulong> objects = [];
        foreach (string path in paths)
            objects.Add(path, (ulong)objects.Count + 1);
        List<KnownObject> known = HandlePhase.Run(
            _plan, stage, paths, path => SyntheticHandleOf(synthetic, objects[path]));
        Evictor evictor = new(stage, _options.Eviction);
        ExportPhase.Run(_plan, stage, known, evictor, servesForgotten: true);
        ForgottenPhase.Run(stage, evictor, paths);
        Finish(stage);
        if (!HandlePhase.AllHaveHandles(_options.Dialect))
            return;
        bool canSpill = _options.Strategy.InlineBytes < synthetic.MostHandleBytes;
        _plan.Ledger.Compare(ValidateChecks.HandleBytes, _plan.HandlesSpilled > 0 == canSpill, () =>
            $"{_plan.HandlesSpilled} handles of all nodeids spilled with {_options.Strategy}");
    }

    /// <summary>Bits of the widest type that a dialect carries; all where it has none.</summary>
    private static int TypeBits(Dialect dialect) =>
        !dialect.CarriesHandles || dialect.CarriesHandleType(uint.MaxValue) ? 32 : 16;

    /// <summary>
    /// What a walk over the mount comes to, and what lies in the source, read without the server.
    /// Only of a tree made here: one of the user's may change meanwhile, and what other mounts
    /// cover there is shown by the server alone.
    /// </summary>
    private void CompareTree(Stage stage, string source)
    {
        WalkReply walk = stage.Ask(new WalkRequest(stage.Root));
        if (_options.Source is not null)
            return;
        int objects = SourceTree.List(source, int.MaxValue).Count + 1;
        _plan.Ledger.Compare(
            ValidateChecks.Syscalls, walk.ErrorCount == 0 && walk.Objects == objects,
            () => $"a walk over the mount saw {walk.Objects} objects, the source has "
                + $"{objects}{(walk.ErrorCount == 0 ? "" : "; " + walk.Errors[0])}");
    }

    private void Drive(Stage stage, bool write)
    {
        RunReply reply = stage.Ask(new RunRequest
        {
            Root = stage.Root,
            Seed = _options.Seed,
            Operations = _options.Operations,
            Write = write,
        });
        for (long i = reply.UnexpectedCount; i < reply.Checks; i++)
            stage.Ledger.Hold(ValidateChecks.Syscalls);
        foreach (UnexpectedResult odd in reply.Unexpected)
        {
            stage.Ledger.Fail(ValidateChecks.Syscalls,
                $"{odd.Call} {odd.Path}: expected {odd.Expected}, got {odd.Got}");
        }

        if (reply.Unsupported.Count > 0)
            _plan.Notes.Add($"not offered by the source: {string.Join(", ", reply.Unsupported)}");
    }

    private void Finish(Stage stage)
    {
        stage.Mirror.Validate();
        _plan.Stages.Add(new StageSummary(stage.Name, stage.Mirror.Statistics));
        if (stage.Mount.Failure is { } failure)
            throw new WorkloadException($"the server failed: {failure.Message}", failure);
    }

    private PassthroughFileSystem Serve(string path, ForgottenHandles forgotten)
    {
        try
        {
            return new PassthroughFileSystem(path, new PassthroughOptions
            {
                Forgotten = forgotten,
                EntryValid = TimeSpan.FromSeconds(_options.TimeoutSeconds),
                AttributeValid = TimeSpan.FromSeconds(_options.TimeoutSeconds),
            });
        }
        catch (IOException e)
        {
            throw MountPlaces.CannotServe(e);
        }
    }

    private SessionOptions Session(bool exportSupport) => new()
    {
        ExportSupport = exportSupport,
        ReadDirPlus = _options.ReadDirPlus,
    };

    /// <summary>Of a large tree, a seeded sample together with all its parents.</summary>
    private List<string> Sampled(List<string> paths)
    {
        if (paths.Count <= MostCompared)
            return paths;
        string[] shuffled = [.. paths];
        new SplitMix64(_options.Seed).Shuffle<string>(shuffled);
        _plan.Notes.Add($"about {MostCompared} of {paths.Count} objects compared by handle");
        SortedSet<string> sample = new(StringComparer.Ordinal);
        foreach (string path in shuffled.AsSpan(0, MostCompared))
        {
            string at = path;
            while (sample.Add(at) && at.LastIndexOf('/') is > 0 and int slash)
                at = at[..slash];
        }

        return [.. sample];
    }

    private static bool IsDoomed(string path) =>
        path.StartsWith(SourceTree.DoomedDirectory + "/", StringComparison.Ordinal);

    /// <summary>Every object but the root, by its number from 1 on.</summary>
    private static IEnumerable<string> SyntheticPaths(SyntheticOptions options)
    {
        SyntheticTree tree = new(options);
        for (ulong id = 1; id < tree.ObjectCount; id++)
            yield return tree.PathOf(id);
    }

    private static HandleText SyntheticHandleOf(SyntheticOptions options, ulong id)
    {
        byte[] room = new byte[SyntheticHandle.MaxBytes];
        (uint type, int length) = SyntheticHandle.Fill(options, id, room);
        return length == 0
            ? new HandleText(0, "")
            : new HandleText((int)type, MountHandle.Hex(room.AsSpan(0, length)));
    }

    private ValidateResult Result(string protocol)
    {
        foreach (string check in ValidateChecks.Mandatory)
            _plan.Ledger.NotCompared(check, "nothing came to compare, which is no pass");
        IReadOnlyList<StageSummary> stages = _plan.Stages;
        return new ValidateResult
        {
            Seed = _options.Seed,
            Kernel = new KernelIdentity(KernelRelease.Read(), protocol),
            Requests = stages.Sum(s => s.Statistics.Requests),
            InodesPeak = stages.Select(s => s.Statistics.InodesPeak).DefaultIfEmpty().Max(),
            HandlesInline = _plan.HandlesInline,
            HandlesSpilled = _plan.HandlesSpilled,
            Checks = _plan.Ledger.Results(),
            Undecided = _plan.Disturbances.Undecided,
            Stages = stages,
            Notes = _plan.Notes,
            Options = _options,
        };
    }
}
