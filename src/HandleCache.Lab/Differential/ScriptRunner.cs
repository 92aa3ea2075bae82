using System.Diagnostics;
using HandleCache.Model.Kernel;
using HandleCache.Server.Scripted;

namespace HandleCache.Lab.Differential;

/// <summary>
/// Runs a script on both kernels, call by call, and stops at the first difference.
/// </summary>
public static class ScriptRunner
{
    /// <summary>
    /// How long a request or forget that the model sent may be late on the real side; only a
    /// divergence, or a machine under load, waits so long.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Above this the clock of a script with finite validities cannot be trusted.
    /// </summary>
    private static readonly TimeSpan FiniteBusyLimit =
        TimeSpan.FromMicroseconds(ScriptServerOptions.FiniteNs / 1000 * 3 / 4);

    /// <param name="script">What to do.</param>
    /// <param name="host">Where the real kernel's side runs.</param>
    /// <param name="model">The modelled kernel.</param>
    /// <param name="patience">How long a late request is waited for; null for seconds.</param>
    public static ScriptOutcome Run(
        Script script, ScriptHost host, ModelKernelOptions model, TimeSpan? patience = null)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(model);
        ReclaimWatch reclaim = new();
        using RealSide real = new(script, host);
        using ModelSide modelled = new(
            script, model, throughBridge: script.Server.Spoken.AsksStatx,
            comparesHandles: !host.Driver.NeedsBridge);
        Pair pair = new(
            real, modelled, patience ?? Patience, script.Server.IsPassthrough);
        long begun = Stopwatch.GetTimestamp();
        ScriptDivergence? divergence = null;
        bool isFinite = script.Server.HasFiniteValidity;
        TimeSpan limit = FiniteBusyLimit * script.Server.TimeScale;
        bool isSlow = false;
        divergence = pair.CompareInit();
        for (int i = 0; i < script.Calls.Count && divergence is null; i++)
        {
            VfsCall call = script.Calls[i];
            if (isFinite && call.Kind == VfsCallKind.Sleep)
            {
                isSlow |= Stopwatch.GetElapsedTime(begun) > limit;
            }

            // What a slot held is closed first, as a call of its own: whether the reply to its
            // RELEASE comes before or after the next request is a race in the real kernel, too.
            if (ClosedBy(call) is { } slot)
                divergence = pair.Step(i, new(VfsCallKind.Close) { Slot = slot });
            divergence ??= pair.Step(i, call);
            if (call.Kind == VfsCallKind.Sleep)
                begun = Stopwatch.GetTimestamp();
        }

        divergence ??= End(script, pair);

        // Up to the last call, not to the end of the wait for what it lacks.
        isSlow |= isFinite && Stopwatch.GetElapsedTime(begun, pair.CalledAt) > limit;
        bool isReclaimed = divergence is not null && reclaim.HasRunUntilNow();
        ScriptVerdict verdict = divergence is null ? ScriptVerdict.Same
            : isSlow ? ScriptVerdict.TooSlow
            : isReclaimed || pair.HasRestartedWalk || pair.HasRaced ? ScriptVerdict.Disturbed
            : ScriptVerdict.Differs;
        return new ScriptOutcome(
            verdict, pair.Requests, pair.Results, divergence, pair.InitFields,
            isReclaimed ? reclaim.ToString() : null);
    }

    private static int? ClosedBy(VfsCall call) => call.Kind switch
    {
        VfsCallKind.Open => call.Slot,
        VfsCallKind.OpenByHandle => (int)call.Mode,
        _ => null,
    };

    /// <summary>
    /// Closes everything, takes every name out of the dcache, and compares what is held then.
    /// </summary>
    private static ScriptDivergence? End(Script script, Pair pair)
    {
        int at = script.Calls.Count;
        for (int slot = 0; slot < ModelKernel.FileSlots; slot++)
        {
            if (pair.Step(at, new(VfsCallKind.Close) { Slot = slot }) is { } difference)
                return difference;
        }

        foreach (string name in pair.RootNames())
        {
            VfsCall drop = new(VfsCallKind.NotifyInvalEntry) { Path = name };
            if (pair.Step(at, drop) is { } difference)
                return difference;
        }

        return pair.CompareHeld(at);
    }

    /// <summary>The two sides of one script.</summary>
    private sealed class Pair(
        RealSide real, ModelSide model, TimeSpan patience, bool isPassthrough)
    {
        private int _requestsSeen;
        private int _forgetsSeen;

        public int Requests => _requestsSeen;

        public int Results { get; private set; }

        /// <summary>What differs may be the doing of a walk that restarted ("rcu-walk").</summary>
        public bool HasRestartedWalk { get; private set; }

        /// <summary>What differs is who was first to a lock, perhaps ("lock-race").</summary>
        public bool HasRaced { get; private set; }

        /// <summary>When both sides had made the last call.</summary>
        public long CalledAt { get; private set; } = Stopwatch.GetTimestamp();

        /// <summary>Fields of INIT that were compared.</summary>
        public int InitFields { get; private set; }

        /// <summary>What the two kernels offer when they mount.</summary>
        public ScriptDivergence? CompareInit()
        {
            IReadOnlyList<string> fromReal = InitOffer.Fields(real.Recorder.Init);
            IReadOnlyList<string> fromModel = InitOffer.Fields(model.Recorder.Init);
            InitFields = fromModel.Count;
            return fromReal.SequenceEqual(fromModel)
                ? null
                : new(0, "mount", ScriptDivergence.OfInit, fromReal, fromModel);
        }

        public IReadOnlyList<string> RootNames() => model.Server.RootNames();

        public ScriptDivergence? Step(int index, VfsCall call)
        {
            if (call.Overlaps)
                return StepOverlapping(index, call);
            if (call.Kind == VfsCallKind.Sleep)
                return Sleep(index, call);
            bool isNotification = call.Kind >= VfsCallKind.NotifyInvalInode;
            VfsResult fromReal = isNotification
                ? ScriptNotifications.Send(real, call)
                : real.Run(call);
            VfsResult fromModel = isNotification
                ? ScriptNotifications.Send(model, call)
                : model.Run(call);
            if (isNotification)
                model.Settle();
            return Compare(index, call, fromReal, fromModel);
        }

        /// <summary>
        /// A sleep is the likeliest time for somebody's drop_caches, and nobody calls meanwhile:
        /// the model loses the same, and the comparison goes on.
        /// </summary>
        private ScriptDivergence? Sleep(int index, VfsCall call)
        {
            ReclaimWatch watch = new();
            VfsResult fromReal = real.Run(call);
            VfsResult fromModel = model.Run(call);
            if (watch.HasDropped)
            {
                model.Kernel.Shrink();
                model.Settle();
            }

            return Compare(index, call, fromReal, fromModel);
        }

        private ScriptDivergence? StepOverlapping(int index, VfsCall call)
        {
            VfsResult fromModel = OverlapStep.Run(
                call, model, real.Callers, out RealOutcome outcome, patience);
            HasRaced = outcome.Difference is not null;
            return outcome.Difference is { } difference
                ? new(
                    index, call.ToString(), ScriptDivergence.OfSteps, [difference.Real],
                    [difference.Model])
                : Compare(index, call, outcome.Result!, fromModel);
        }

        private ScriptDivergence? Compare(
            int index, VfsCall call, VfsResult fromReal, VfsResult fromModel)
        {
            CalledAt = Stopwatch.GetTimestamp();
            Results++;
            ScriptDivergence? requests = CompareRequests(index, call, fromModel);
            if (requests is not null)
                return requests;
            string one = NoiseRules.Show(call, fromReal, isPassthrough);
            string other = NoiseRules.Show(call, fromModel, isPassthrough);
            if (one != other)
                return new(index, call.ToString(), "results", [one], [other]);
            return CompareForgets(index, call) ?? CheckModel(index, call);
        }

        /// <summary>What the modelled kernel counts of itself against a recount.</summary>
        private ScriptDivergence? CheckModel(int index, VfsCall call) => model.Errors.Count == 0
            ? null
            : new(
                index, call.ToString(), "recounts of the model", [],
                [.. model.Errors.Select(error => error.ToString())]);

        public ScriptDivergence? CompareHeld(int index)
        {
            IReadOnlyList<string> fromReal =
                [.. real.Server.Ledger.Held(), .. real.Server.Ledger.Strays];
            IReadOnlyList<string> fromModel =
                [.. model.Server.Ledger.Held(), .. model.Server.Ledger.Strays];
            return fromReal.SequenceEqual(fromModel)
                ? null
                : new(index, "end", "counts", fromReal, fromModel);
        }

        private ScriptDivergence? CompareRequests(int index, VfsCall call, VfsResult result)
        {
            // Quiet on both sides: a server learns of a reply after it was sent, which is when the
            // kernel goes on.
            WaitUntil(() => real.Recorder.Count >= model.Recorder.Count
                && real.Recorder.IsQuiet && model.Recorder.IsQuiet);
            IReadOnlyList<ScriptRequest> fromReal = real.Recorder.From(_requestsSeen);
            IReadOnlyList<ScriptRequest> fromModel = model.Recorder.From(_requestsSeen);
            if (!fromReal.SequenceEqual(fromModel))
            {
                HasRestartedWalk = NoiseRules.IsRestartedWalk(result, fromReal, fromModel);
                return new(
                    index, call.ToString(), "requests", [.. fromReal.Select(r => r.ToString())],
                    [.. fromModel.Select(r => r.ToString())]);
            }

            _requestsSeen += fromReal.Count;
            return null;
        }

        private ScriptDivergence? CompareForgets(int index, VfsCall call)
        {
            WaitUntil(() => real.Server.Ledger.ForgetCount >= model.Server.Ledger.ForgetCount);
            IReadOnlyList<string> fromReal = real.Server.Ledger.ForgetsFrom(_forgetsSeen);
            IReadOnlyList<string> fromModel = model.Server.Ledger.ForgetsFrom(_forgetsSeen);
            if (!fromReal.SequenceEqual(fromModel))
                return new(index, call.ToString(), "forgets", fromReal, fromModel);
            _forgetsSeen += fromReal.Count;
            return null;
        }

        private void WaitUntil(Func<bool> condition)
        {
            long begun = Stopwatch.GetTimestamp();
            for (int i = 0; !condition(); i++)
            {
                if (Stopwatch.GetElapsedTime(begun) > patience)
                    return;
                if (i < 50)
                    Thread.Yield();
                else
                    Thread.Sleep(1);
            }
        }
    }
}
