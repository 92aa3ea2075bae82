using HandleCache.Lab.Differential;
using HandleCache.Lab.Kernels;
using HandleCache.Model.Kernel;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Server.Driving;
using HandleCache.Server.Relaying;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Drive;

/// <summary>
/// Drives somebody else's unmodified server by the modelled kernel, script after script, and checks
/// it against the kernel's rules. Needs no mount and no privilege. Ends at the first rule that is
/// broken, with the shortest script that breaks it.
/// </summary>
public sealed class DriveExperiment
{
    /// <summary>
    /// Where a reply is missing, each attempt to shorten waits no longer than this; what is found
    /// is tried with all of the patience at last.
    /// </summary>
    private static readonly TimeSpan ShrinkPatience = TimeSpan.FromSeconds(2);

    /// <summary>Attempts to shorten a script.</summary>
    private const int MostAttempts = 1000;

    /// <summary>
    /// Of findings that need what came before on the same server so many are looked beyond, for
    /// one that a short script shows.
    /// </summary>
    private const int MostUnrepeated = 8;

    private readonly DriveOptions _options;
    private readonly DirectoryTruth? _truth;
    private readonly MountStandIn? _standIn;
    private readonly CancellationToken _cancel;
    private readonly List<string> _notes = [];
    private readonly List<IReadOnlyList<CheckResult>> _checks = [];
    private readonly KernelVersion _version;
    private FuseInitFlags _agreed;
    private long _calls;
    private long _requests;
    private long _forgets;
    private int _servers;
    private int _scripts;
    private long _givenAgain;
    private bool _hasStarted;

    private DriveExperiment(
        DriveOptions options, DirectoryTruth? truth, MountStandIn? standIn,
        CancellationToken cancel)
    {
        _options = options;
        _standIn = standIn;
        _truth = truth;
        _cancel = cancel;
        _version = KernelProfiles.VersionOf(options.ModelKernel);
    }

    private TimeSpan Patience => TimeSpan.FromSeconds(_options.PatienceSeconds);

    /// <param name="options">What is driven, and how.</param>
    /// <param name="cancel">Ends it: the result says so.</param>
    /// <param name="progress">Told the number of scripts run, after each.</param>
    /// <exception cref="BadInputException">No such server, directory or kernel.</exception>
    public static DriveResult Run(
        DriveOptions options, CancellationToken cancel, Action<int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Dialect.OptIn == HandleOptIn.FileSystemType)
        {
            throw new BadInputException(
                $"--dialect: {options.Dialect.Name} is agreed on by the type of the file system, "
                + "of which a server behind /dev/fd/N is told nothing");
        }

        AllowedRules.Check(options.Allowed);
        if (options.Command.Count == 0)
            throw new BadInputException("give the server behind --: drive -- SERVER ...");
        using DirectoryTruth? truth = options.Root is { } root ? new(root) : null;
        using MountStandIn? standIn = StandIns.Of(options.FuserMount, options.DirectMount);
        return new DriveExperiment(options, truth, standIn, cancel).Run(progress);
    }

    private DriveResult Run(Action<int>? progress)
    {
        if (_options.Hostile)
            return RunHostile();
        DriveFinding? finding = null;
        DriveFinding? unrepeated = null;
        int failures = 0;
        DriveRig? rig = null;
        try
        {
            int scripts = _options.OnlyScript is null
                ? _options.Shard.CountOf(_options.Scripts)
                : 1;
            for (int at = 0; at < scripts; at++)
            {
                if (_cancel.IsCancellationRequested)
                    break;
                int number = _options.OnlyScript ?? _options.Shard.NumberAt(at);
                IReadOnlyList<DriveStep> steps = DriveScripts.Make(_options, number);
                finding = RunScript(ref rig, steps, number, Patience, out int reached);
                if (finding is not null)
                {
                    if (_cancel.IsCancellationRequested)
                        break;
                    finding = Shrink(finding, steps, number, reached);
                    unrepeated ??= finding.Repeats ? null : finding;
                    if (finding.Repeats || ++failures == MostUnrepeated)
                        break;
                    finding = null;
                    continue;
                }

                _scripts++;
                progress?.Invoke(_scripts);
            }
        }
        finally
        {
            Leave(rig);
        }

        return Result(finding is { Repeats: true } ? finding : unrepeated);
    }

    private DriveResult RunHostile()
    {
        List<HostileRow> rows = [];
        DriveFinding? finding = null;
        try
        {
            HostileRun.Run(_options, rows, () => Start(Patience), Leave, _cancel);
        }
        catch (RuleBrokenException fault)
        {
            finding = fault.Finding;
        }

        return Result(finding) with { Hostile = rows };
    }

    private DriveRig Start(TimeSpan patience)
    {
        ModelKernelOptions kernel = new() { Dialect = _options.Dialect, Version = _version };
        try
        {
            DriveRig rig = new(
                kernel, _options.Allowed, patience,
                () => DriveServer.Start(_options.Command, patience, _standIn), _cancel);
            _hasStarted = true;
            _agreed = rig.Kernel.Agreed;
            return rig;
        }
        catch (RuleBrokenException fault) when (!_hasStarted && !_cancel.IsCancellationRequested
            && fault.Finding.Rule == DriveRule.ServerDeath.Name)
        {
            string said = string.Join(
                "; ", fault.Finding.Last.Where(line => line.StartsWith(
                    "the server: ", StringComparison.Ordinal)));
            throw new BadInputException(
                $"{fault.Finding.Message} before it had answered INIT; is /dev/fd/N a mount point "
                + "for it, as for libfuse3's? Else try --fusermount or --direct-mount. "
                + said, fault);
        }
    }

    private DriveResult Result(DriveFinding? finding)
    {
        List<CheckResult> checks = Sum();
        foreach (CheckResult check in checks)
        {
            if (check.Mismatches > 0 && _options.Allowed.Contains(check.Name))
                _notes.Add($"allowed: {check.Name}; the first: {check.FirstMismatch}");
        }

        bool isInterrupted = _cancel.IsCancellationRequested;
        if (_givenAgain > 0)
        {
            _notes.Add(
                $"{_givenAgain} times a nodeid was given again, after its FORGET, for another "
                + "object with the same generation: of no harm unless the file system is exported");
        }

        if (_options.Root is null && !_options.Hostile)
            _notes.Add("results are compared with no directory: give --root DIR");
        return new DriveResult
        {
            Kernel = _version,
            Agreed = _agreed,
            Scripts = _scripts,
            Calls = _calls,
            Requests = _requests,
            Forgets = _forgets,
            Servers = _servers,
            Checks = checks,
            Finding = isInterrupted ? null : finding,
            Notes = _notes,
            IsInterrupted = isInterrupted,
        };
    }

    /// <summary>Runs a script; what it found, null for nothing.</summary>
    /// <param name="rig">A server that lives, or null; null after a finding.</param>
    /// <param name="steps">The script.</param>
    /// <param name="number">Its number.</param>
    /// <param name="patience">How long a reply is waited for.</param>
    /// <param name="reached">The step at which it was found.</param>
    private DriveFinding? RunScript(
        ref DriveRig? rig, IReadOnlyList<DriveStep> steps, int number, TimeSpan patience,
        out int reached)
    {
        reached = 0;
        DriveScriptRun? run = null;
        try
        {
            rig ??= Start(patience);
            run = new(rig, _truth, number);
            run.Run(steps);
            return null;
        }
        catch (RuleBrokenException fault)
        {
            reached = run?.At ?? 0;
            DriveFinding found = fault.Finding with
            {
                Script = number,
                Steps = [.. steps.Take(reached + 1).Select(step => step.ToString())],
                Last = rig?.Last ?? fault.Finding.Last,
            };
            Leave(rig);
            rig = null;
            return found;
        }
    }

    /// <summary>
    /// The shortest script that breaks the same rule on a server of its own; the whole one where
    /// none does.
    /// </summary>
    private DriveFinding Shrink(
        DriveFinding finding, IReadOnlyList<DriveStep> steps, int number, int reached)
    {
        int attempts = 0;
        DriveFinding best = finding;
        TimeSpan patience = Patience;
        bool Fails(IReadOnlyList<DriveStep> fewer)
        {
            if (_cancel.IsCancellationRequested
                || ++attempts > MostAttempts
                || Attempt(fewer, number, patience) is not { } found
                || found.Rule != finding.Rule)
                return false;
            best = found with { Repeats = true };
            return true;
        }

        IReadOnlyList<DriveStep> left = [.. steps.Take(reached + 1)];
        if (!Fails(left))
            return finding;
        DriveFinding whole = best;
        if (finding.Rule == DriveRule.NoReply.Name && patience > ShrinkPatience)
            patience = ShrinkPatience;
        left = ListShrinker.Shrink(left, Fails);
        for (int at = 0; at < left.Count; at++)
        {
            foreach (DriveStep simpler in Simpler(left[at]))
            {
                List<DriveStep> calmer = [.. left];
                calmer[at] = simpler;
                left = Fails(calmer) ? calmer : left;
            }
        }

        return Attempt(left, number, Patience) is { } last && last.Rule == finding.Rule
            ? last with { Repeats = true }
            : whole;
    }

    /// <summary>The same step undisturbed, by one process, or by root.</summary>
    private static IEnumerable<DriveStep> Simpler(DriveStep step)
    {
        if (step.Call is not { } call)
            yield break;
        if (step.Beside != Disturbance.None)
            yield return step with { Beside = Disturbance.None };
        if (call.Meanwhile is { } other)
        {
            yield return step with { Call = call with { Meanwhile = null, Schedule = 0 } };
            yield return step with { Call = other };
        }

        if (call.Uid != 0)
            yield return step with { Call = call with { Uid = 0 } };
    }

    private DriveFinding? Attempt(
        IReadOnlyList<DriveStep> steps, int number, TimeSpan patience)
    {
        DriveRig? rig = null;
        DriveExperiment alone = new(_options, _truth, _standIn, _cancel) { _hasStarted = true };
        try
        {
            return alone.RunScript(ref rig, steps, number, patience, out _);
        }
        finally
        {
            alone.Leave(rig);
        }
    }

    /// <summary>Counts what a server's life brought, and ends it.</summary>
    private void Leave(DriveRig? rig)
    {
        if (rig is null)
            return;
        _calls += rig.Calls;
        _requests += rig.Check.Requests;
        _forgets += rig.Check.Forgets;
        _servers += 1 + rig.Restarts;
        _givenAgain += rig.Check.GivenAgain;
        _checks.Add(rig.Check.Results());
        if (rig.Restarts > 0)
        {
            _notes.Add(
                $"after {rig.Restarts} restarts, requests about what an earlier server gave: "
                + $"{rig.Check.Recovered} answered, {rig.Check.Stale} refused");
        }

        rig.Dispose();
    }

    private List<CheckResult> Sum() =>
        [.. _checks.SelectMany(checks => checks).GroupBy(check => check.Name)
            .Select(same => same.Aggregate((one, other) => one.And(other)))];
}
