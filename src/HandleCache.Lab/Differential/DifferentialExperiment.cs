using System.Diagnostics;
using HandleCache.Lab.Kernels;
using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Server.Scripted;

namespace HandleCache.Lab.Differential;

/// <summary>
/// One seeded random script of system calls after the other, each on the running kernel and on
/// the modelled one, with results and request streams compared call by call.
/// </summary>
public sealed class DifferentialExperiment
{
    /// <summary>Runs of one script that may be thrown away.</summary>
    private const int Attempts = 12;

    /// <summary>Of these, runs in which two callers raced for a lock: few do twice.</summary>
    private const int Races = 3;

    /// <summary>
    /// What reclaims again and again leaves pauses: an attempt that begins with one is the
    /// likeliest to be left alone. Nobody's next reclaim is waited for longer than this.
    /// </summary>
    private static readonly TimeSpan PauseBegins = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// While a script is shrunken a late request is waited for no longer than this: nearly every
    /// run differs then.
    /// </summary>
    private static readonly TimeSpan ShrinkPatience = TimeSpan.FromMilliseconds(400);

    private static readonly TimeSpan ShrinkTime = TimeSpan.FromSeconds(40);

    private readonly DifferentialOptions _options;
    private readonly CancellationToken _cancel;
    private readonly bool _mayPassthrough;
    private readonly long _begun = Stopwatch.GetTimestamp();
    private int _scripts;
    private int _passthrough;
    private int _finite;
    private int _tooSlow;
    private int _disturbed;
    private int _givenUp;
    private ulong? _firstGivenUp;
    private UndecidedScript? _undecided;
    private long _calls;
    private long _requests;
    private long _initFields;
    private Script? _failed;
    private ScriptDivergence? _divergence;
    private bool _repeats;

    private DifferentialExperiment(DifferentialOptions options, CancellationToken cancel)
    {
        _options = options with
        {
            Model = options.Model with
            {
                Version = KernelProfiles.VersionOf(options.ModelKernel),
            },
        };
        _cancel = cancel;
        _mayPassthrough = options.WithPassthrough && PassthroughServer.IsPossible();
    }

    /// <summary>
    /// Runs until the scripts or the time are over, a script diverges, or it is cancelled: then
    /// the result says so and holds what was found until then.
    /// </summary>
    /// <param name="options">What to do.</param>
    /// <param name="cancel">Ends the run.</param>
    /// <param name="progress">Told the number of scripts compared, after each.</param>
    /// <exception cref="MissingRequirementException">No /dev/fuse, or no rights.</exception>
    /// <exception cref="BadInputException">There is no temporary folder to work in.</exception>
    public static DifferentialResult Run(
        DifferentialOptions options, CancellationToken cancel, Action<int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if ((Credentials.WhyNotMountFuse(options.Driver) ?? Credentials.WhyNotOpenByHandle())
            is { } reason)
        {
            throw new MissingRequirementException(reason);
        }

        DifferentialExperiment experiment = new(options, cancel);
        try
        {
            return experiment.Run(progress);
        }
        catch (LabException) when (cancel.IsCancellationRequested)
        {
            // The signal that cancelled may have reached the client first.
            return experiment.Result() with { IsInterrupted = true };
        }
    }

    private DifferentialResult Run(Action<int>? progress)
    {
        using ScriptLanes hosts = new(
            _options.OneScript ? 1 : _options.Scripts, _options.Driver);
        using CancellationTokenRegistration kill = _cancel.Register(hosts.KillClients);
        hosts.Run((host, number) => RunScript(ScriptOf(number), host), TakeNumber, Enter);
        if (_divergence is not null)
            return Shrink(_failed!, _divergence, hosts.First);
        return _cancel.IsCancellationRequested && !IsOver(_scripts + _givenUp)
            ? Result() with { IsInterrupted = true }
            : Result();

        bool Enter(int number, Attempted attempted)
        {
            Add(ScriptOf(number), attempted);
            progress?.Invoke(_scripts);
            return _divergence is null;
        }
    }

    /// <summary>Whether the script of that number is to be run.</summary>
    private bool TakeNumber(int number) => !_cancel.IsCancellationRequested && !IsOver(number);

    private Script ScriptOf(int number)
    {
        Script script = Spoken(ScriptGenerator.Make(
            SeedOf(number), _options.CallsPerScript, _mayPassthrough));
        if (_options.WithRestarts && !script.Server.IsPassthrough)
            script = script.WithRestarts();
        return CanOverlap(script) ? script : script.OneByOne();
    }

    /// <summary>Every series begins with the chosen scripts, whatever its seed.</summary>
    private ulong SeedOf(int number)
    {
        if (_options.OneScript)
            return _options.Seed;
        ulong at = (ulong)_options.Shard.NumberAt(number);
        return at < (ulong)ChosenScripts.Seeds.Length
            ? ChosenScripts.Seeds[(int)at]
            : SplitMix64.Mix(_options.Seed + (at << 32));
    }

    /// <summary>Counts what came of a script; they come in their order.</summary>
    private void Add(Script script, Attempted attempted)
    {
        ScriptOutcome outcome = attempted.Outcome;
        _tooSlow += attempted.TooSlow;
        _disturbed += attempted.Disturbed;
        _calls += outcome.Results;
        _requests += outcome.Requests;
        _initFields += outcome.InitFields;
        switch (outcome.Verdict)
        {
            case ScriptVerdict.Differs:
                (_failed, _divergence) = (script, outcome.Divergence);
                break;
            case ScriptVerdict.Same:
                Count(script);
                break;
            case ScriptVerdict.TooSlow or ScriptVerdict.Disturbed:
                GiveUp(script, outcome);
                break;
        }
    }

    /// <summary>
    /// Requests are held back in today's form: as the device of a bridged mount has them.
    /// </summary>
    private bool CanOverlap(Script script) =>
        _options.Driver.NeedsBridge && !script.Server.Spoken.AsksStatx;

    private Script Spoken(Script script) =>
        _options.Dialect is { } dialect && !script.Server.IsPassthrough
            ? script with
            {
                Server = script.Server with
                {
                    SendsHandles = dialect.HasOwnMessages,
                    Dialect = dialect,
                    HandleBytes = dialect.RequiresHandle || HasEqualLengths(script)
                        ? DialectReference.HandleBytes
                        : null,
                    BadHandlePer1024 = _options.BadHandlesPer1024,
                },
            }
            : script;

    /// <summary>
    /// Half of the scripts with bad handles: of another handle the bytes alone are other.
    /// </summary>
    private bool HasEqualLengths(Script script) =>
        _options.BadHandlesPer1024 > 0 && script.Seed % 2 == 0;

    private void Count(Script script)
    {
        _scripts++;
        _passthrough += script.Server.IsPassthrough ? 1 : 0;
        _finite += script.Server.HasFiniteValidity ? 1 : 0;
    }

    private void GiveUp(Script script, ScriptOutcome last)
    {
        _givenUp++;
        _firstGivenUp ??= script.Seed;
        if (last is { Verdict: ScriptVerdict.Disturbed, Reclaim: { } reclaim })
            _undecided ??= new UndecidedScript(script.Seed, last.Divergence!, reclaim);
    }

    private DifferentialResult Result() => new()
    {
        Scripts = _scripts,
        PassthroughScripts = _passthrough,
        FiniteScripts = _finite,
        TooSlow = _tooSlow,
        Disturbed = _disturbed,
        GivenUp = _givenUp,
        FirstGivenUpSeed = _firstGivenUp,
        Undecided = _undecided,
        Calls = _calls,
        Requests = _requests,
        InitFields = _initFields,
        Failed = _failed,
        Divergence = _divergence,
        Repeats = _repeats,
        Dialect = _options.Dialect,
        ModelKernel = _options.ModelKernel,
        ModelVersion = _options.Model.Version,
        Strategy = _options.Model.Inodes.Strategy,
        Driver = _options.Driver,
        Elapsed = Stopwatch.GetElapsedTime(_begun),
    };

    private bool IsOver(int done)
    {
        if (_options.OneScript)
            return done > 0;
        return done >= _options.Scripts
            && (_options.Soak is not { } soak || Stopwatch.GetElapsedTime(_begun) >= soak);
    }

    /// <summary>Runs a script until a run of it says something.</summary>
    private Attempted RunScript(Script script, ScriptHost host, TimeSpan? patience = null)
    {
        Script attempted = script;
        ScriptOutcome outcome = new(ScriptVerdict.Disturbed, 0, 0);
        int attempt = 0;
        int tooSlow = 0;
        int disturbed = 0;
        ModelKernelOptions model = _options.Model;
        do
        {
            if (outcome.Reclaim is not null)
            {
                // As short as it was: a slower one hardly fits between two.
                attempted = script;
                new ReclaimWatch().WaitForNext(PauseBegins);
            }
            else if (outcome.Verdict == ScriptVerdict.TooSlow)
            {
                attempted = attempted.Slower();
            }

            outcome = ScriptRunner.Run(attempted, host, model, patience);

            // Who asks for the root's list waits meanwhile, and others are first: which releases
            // ask each time no version says ("root-acl").
            if (IsRace(outcome))
                model = model with { ForgettingKeepsRootList = !model.ForgettingKeepsRootList };
            tooSlow += outcome.Verdict == ScriptVerdict.TooSlow ? 1 : 0;
            disturbed += outcome.Verdict == ScriptVerdict.Disturbed ? 1 : 0;
        }
        while (outcome.Verdict is ScriptVerdict.TooSlow or ScriptVerdict.Disturbed
            && ++attempt < (IsRace(outcome) ? Races : Attempts));

        // No walk restarts in every run; reclaim may well come in every run.
        bool differs = outcome is { Verdict: ScriptVerdict.Disturbed, Reclaim: null };
        return new(
            differs ? outcome with { Verdict = ScriptVerdict.Differs } : outcome,
            tooSlow, disturbed);
    }

    /// <summary>Two callers raced for a lock, and nothing else can have been the cause.</summary>
    private static bool IsRace(ScriptOutcome outcome) =>
        outcome is { Reclaim: null, Divergence.What: ScriptDivergence.OfSteps };

    /// <summary>Makes the diverging script as short as the time for it allows.</summary>
    private DifferentialResult Shrink(Script script, ScriptDivergence first, ScriptHost host)
    {
        long begun = Stopwatch.GetTimestamp();
        ScriptShrinker.Shrink(script, first.CallIndex, candidate =>
        {
            if (_cancel.IsCancellationRequested || Stopwatch.GetElapsedTime(begun) > ShrinkTime)
                return false;
            ScriptOutcome outcome = RunScript(candidate, host, ShrinkPatience).Outcome;
            if (outcome.Verdict != ScriptVerdict.Differs)
                return false;
            _failed = candidate;
            _divergence = outcome.Divergence!;
            _repeats = true;
            return true;
        });
        return Result();
    }

    /// <summary>What came of a script, and the runs of it that were thrown away.</summary>
    private readonly record struct Attempted(ScriptOutcome Outcome, int TooSlow, int Disturbed);
}
