using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Differential;

/// <summary>
/// A call during which another process calls, or a signal comes, while the server answers in an
/// order that the script chooses. The modelled kernel goes first and says after each step where
/// each caller stands: done, waiting for the server, or asleep in the kernel. The running kernel
/// is given the next step when its callers stand there, so that there is one order of events on
/// both sides; where they never do, the two kernels differ.
/// </summary>
internal static class OverlapStep
{
    private const int First = 0;
    private const int Other = 1;

    /// <summary>The result of the first call, with that of the other inside.</summary>
    /// <param name="call">Has <see cref="VfsCall.Overlaps"/>.</param>
    /// <param name="model">The modelled kernel.</param>
    /// <param name="real">The running kernel; null for the modelled one alone.</param>
    /// <param name="outcome">What the running kernel did.</param>
    /// <param name="patience">How long a step may take there.</param>
    public static VfsResult Run(
        VfsCall call, ModelSide model, RealCallers? real, out RealOutcome outcome,
        TimeSpan patience = default)
    {
        Steps steps = new(model, real, patience);
        model.BeginOverlap();
        real?.Begin();
        try
        {
            steps.Run(call);
        }
        finally
        {
            real?.End();
        }

        model.EndOverlap();
        outcome = new(
            steps.Difference,
            real is null || steps.Difference is not null
                ? null
                : ResultOf(call, real.ResultOf));
        return ResultOf(call, model.ResultOf);
    }

    private static VfsResult ResultOf(VfsCall call, Func<int, VfsResult> resultOf) =>
        call.Meanwhile is null
            ? resultOf(First)
            : resultOf(First) with { Meanwhile = resultOf(Other) };

    private sealed class Steps(ModelSide model, RealCallers? real, TimeSpan patience)
    {
        public (string Real, string Model)? Difference { get; private set; }

        public void Run(VfsCall call)
        {
            Step("call", () => model.Start(First, call), r => r.Start(First, call));
            bool isSignalled = call.Interrupted != Interruption.None && Asks(First);
            if (isSignalled)
            {
                Step(
                    "signal", () => model.Interrupt(First),
                    r => r.Interrupt(First));
            }

            if (call.Meanwhile is { } other)
                Step("other call", () => model.Start(Other, other), r => r.Start(Other, other));
            bool isFirstAnswer = true;
            uint schedule = call.Schedule;
            while (Asks(First) || Asks(Other))
            {
                bool isOthers = !Asks(First) || (Asks(Other) && (schedule & 1) != 0);
                schedule >>= 1;
                if (isOthers)
                {
                    Serve(Other);
                    continue;
                }

                if (isSignalled && isFirstAnswer)
                    AnswerSignalled(call.Interrupted);
                else
                    Serve(First);
                isFirstAnswer = false;
            }

            for (int caller = First; caller <= Other; caller++)
            {
                if (model.StateOf(caller).Stand != CallerStand.Done)
                    throw new InvalidOperationException($"{call} never ends in the model");
            }
        }

        private bool Asks(int caller) => model.StateOf(caller).Stand == CallerStand.Asks;

        private void Serve(int caller) =>
            Step("reply", () => model.Serve(caller), r => r.Serve(caller));

        private void AnswerSignalled(Interruption interruption)
        {
            Errno reply = interruption switch
            {
                Interruption.Again => Errno.EAGAIN,
                Interruption.Unknown => Errno.ENOSYS,
                _ => Errno.None,
            };
            bool hasInterrupt = model.StateOf(First).Interrupts > 0;
            if (reply != Errno.None && hasInterrupt)
            {
                Step(
                    "reply to INTERRUPT", () => model.AnswerInterrupt(First, reply),
                    r => r.AnswerInterrupt(First, reply));
            }

            if (interruption is Interruption.Taken or Interruption.Again)
            {
                Step(
                    "EINTR", () => model.Refuse(First, Errno.EINTR),
                    r => r.Refuse(First, Errno.EINTR));
            }
            else
            {
                Serve(First);
            }
        }

        /// <summary>
        /// Takes a step in both kernels. After a difference the model alone goes on to its end.
        /// </summary>
        private void Step(string name, Action onModel, Action<RealCallers> onReal)
        {
            onModel();
            if (real is null || Difference is not null)
                return;
            onReal(real);
            for (int caller = First; caller <= Other; caller++)
            {
                CallerState expected = model.StateOf(caller);
                CallerState found = real.Await(caller, expected, patience);
                if (found == expected)
                    continue;
                string who = caller == First ? "first" : "other";
                Difference = (
                    $"after {name}: {who} caller {Show(found)}",
                    $"after {name}: {who} caller {Show(expected)}");
                return;
            }
        }

        private static string Show(CallerState state) => FormattableString.Invariant(
            $"{state.Stand} {state.Request}, {state.Interrupts} INTERRUPT");
    }
}

/// <summary>What the running kernel made of an overlapping step.</summary>
/// <param name="Difference">Where its callers stood elsewhere; null for nowhere.</param>
/// <param name="Result">
/// What its callers got; null after a difference, and where only the model ran.
/// </param>
internal readonly record struct RealOutcome(
    (string Real, string Model)? Difference, VfsResult? Result);
