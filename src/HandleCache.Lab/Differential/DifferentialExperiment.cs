using System.Diagnostics;
using HandleCache.Model.Kernel;

namespace HandleCache.Lab.Differential;

/// <summary>What a differential run is asked to do.</summary>
public sealed record DifferentialOptions
{
    public ulong Seed { get; init; } = 1;

    /// <summary>Scripts to run; with a soak time, at least these.</summary>
    public int Scripts { get; init; } = 300;

    public int CallsPerScript { get; init; } = 50;

    /// <summary>Goes on until so much time has passed; null for the number of scripts.</summary>
    public TimeSpan? Soak { get; init; }

    /// <summary>The one script with just this seed, instead of a series.</summary>
    public bool OneScript { get; init; }

    public ModelKernelOptions Model { get; init; } = new();
}

/// <summary>What a differential run found.</summary>
/// <param name="Scripts">Scripts compared to their end.</param>
/// <param name="TooSlow">Scripts whose clock could not be trusted.</param>
/// <param name="Calls">Results compared.</param>
/// <param name="Requests">Requests compared, forgets not counted.</param>
/// <param name="Failed">The shrunken script of the first divergence.</param>
/// <param name="Divergence">Where it diverges.</param>
/// <param name="Elapsed">Wall time.</param>
public sealed record DifferentialResult(
    int Scripts, int TooSlow, long Calls, long Requests, Script? Failed,
    ScriptDivergence? Divergence, TimeSpan Elapsed);

/// <summary>
/// One seeded random script of system calls after the other, each on the running kernel and on
/// the modelled one, with results and request streams compared call by call.
/// </summary>
public static class DifferentialExperiment
{
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static DifferentialResult Run(
        DifferentialOptions options, CancellationToken cancel, Action<int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        long begun = Stopwatch.GetTimestamp();
        int scripts = 0;
        int tooSlow = 0;
        long calls = 0;
        long requests = 0;
        using ScriptHost host = new();
        while (!IsOver(options, scripts + tooSlow, begun))
        {
            cancel.ThrowIfCancellationRequested();
            ulong seed = options.OneScript
                ? options.Seed
                : ScriptRandom.Mix(options.Seed + ((ulong)(scripts + tooSlow) << 32));
            Script script = ScriptGenerator.Make(seed, options.CallsPerScript);
            ScriptOutcome outcome = ScriptRunner.Run(script, host, options.Model);
            calls += outcome.Results;
            requests += outcome.Requests;
            if (outcome.Verdict == ScriptVerdict.Differs)
            {
                (Script small, ScriptDivergence where) = Shrink(
                    script, outcome.Divergence!, host, options.Model);
                return new(
                    scripts, tooSlow, calls, requests, small, where,
                    Stopwatch.GetElapsedTime(begun));
            }

            tooSlow += outcome.Verdict == ScriptVerdict.TooSlow ? 1 : 0;
            scripts += outcome.Verdict == ScriptVerdict.Same ? 1 : 0;
            progress?.Invoke(scripts);
        }

        return new(
            scripts, tooSlow, calls, requests, null, null, Stopwatch.GetElapsedTime(begun));
    }

    private static bool IsOver(DifferentialOptions options, int done, long begun)
    {
        if (options.OneScript)
            return done > 0;
        return done >= options.Scripts
            && (options.Soak is not { } soak || Stopwatch.GetElapsedTime(begun) >= soak);
    }

    private static (Script Small, ScriptDivergence Where) Shrink(
        Script script, ScriptDivergence first, ScriptHost host, ModelKernelOptions model)
    {
        ScriptDivergence last = first;
        Script small = ScriptShrinker.Shrink(script, first.CallIndex, candidate =>
        {
            ScriptOutcome outcome = ScriptRunner.Run(candidate, host, model);
            if (outcome.Verdict == ScriptVerdict.Differs)
                last = outcome.Divergence!;
            return outcome.Verdict == ScriptVerdict.Differs;
        });
        return (small, last);
    }
}
