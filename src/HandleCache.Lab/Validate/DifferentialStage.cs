using HandleCache.Lab.Differential;
using HandleCache.Lab.Kernels;
using HandleCache.Model;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Validate;

/// <summary>Random scripts on the running kernel and on the modelled one.</summary>
internal static class DifferentialStage
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(30);

    /// <summary>The result; null where the part was left out, which the ledger then says.</summary>
    public static DifferentialResult? Run(StagePlan plan, Action<string> progress)
    {
        ValidateOptions options = plan.Options;
        if (ReasonNotToCompare(plan) is { } reason)
        {
            plan.Ledger.NotCompared(ValidateChecks.Differential, reason);
            plan.Ledger.NotCompared(ValidateChecks.InitOffer, reason);
            return null;
        }

        progress(FormattableString.Invariant(
                $"stage differential: {options.Shard.CountOf(options.Scripts)} scripts")
            + (options.Soak is { } soak
                ? FormattableString.Invariant($", for {soak.TotalMinutes} minutes")
                : ""));
        long lastTold = Environment.TickCount64;
        DifferentialResult result = DifferentialExperiment.Run(
            OptionsOf(options), plan.Cancel, scripts =>
            {
                if (Environment.TickCount64 - lastTold < ProgressEvery.TotalMilliseconds)
                    return;
                lastTold = Environment.TickCount64;
                progress(FormattableString.Invariant($"stage differential: {scripts} compared"));
            });
        plan.Ledger.Hold(ValidateChecks.Differential, result.Calls + result.Requests);
        plan.Ledger.Hold(ValidateChecks.InitOffer, result.InitFields);
        if (result.Divergence is { } where)
        {
            string check = where.What == ScriptDivergence.OfInit
                ? ValidateChecks.InitOffer
                : ValidateChecks.Differential;
            plan.Ledger.Fail(check, FormattableString.Invariant(
                $"script {result.Failed!.Seed:x16}: {where.What} differ at {where.Call}"));
        }

        if (result.Undecided is { } undecided)
        {
            plan.Disturbances.GiveUp(
                ValidateChecks.Differential,
                FormattableString.Invariant($"script {undecided.Seed:x16}: ")
                    + $"{undecided.Divergence.What} at {undecided.Divergence.Call}",
                undecided.DisturbedBy);
        }

        if (result.GivenUp > 0)
        {
            plan.Notes.Add(FormattableString.Invariant(
                $"differential: {result.GivenUp} scripts given up, the machine was too busy or ")
                + "reclaimed memory in every attempt; "
                + FormattableString.Invariant($"the first has seed {result.FirstGivenUpSeed}"));
        }

        return result;
    }

    private static string? ReasonNotToCompare(StagePlan plan)
    {
        if (plan.Options.Scripts == 0 && plan.Options.Soak is null)
            return "left out by --scripts 0";
        KernelVersion version = RunningKernel.Version;
        return version < VersionRule.Oldest
            ? FormattableString.Invariant($"kernels before {VersionRule.Oldest} are not modelled")
            : null;
    }

    private static DifferentialOptions OptionsOf(ValidateOptions options) => new()
    {
        Seed = options.Seed,
        Scripts = options.Shard.CountOf(options.Scripts),
        Shard = options.Shard,
        Soak = options.Soak,
        Driver = options.Driver,
        ModelKernel = options.ModelKernel,
        Model = new()
        {
            Inodes = new FuseInodeCacheOptions
            {
                Strategy = options.Strategy,
                Faults = options.Break is { } fault ? ModelFaults.Of(fault) : ModelFaults.None,
            },
        },
    };
}
