using HandleCache.Lab.Differential;
using HandleCache.Lab.Kernels;
using HandleCache.Model;
using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Handles;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// Properties of the modelled kernel over random scripts and a server that may be hostile.
/// </summary>
public class KernelPropertyTests
{
    private static readonly string[] Strategies =
    [
        "none", "inline:0", "inline:12", "inline:40", "inline:128", "inline:8+cache:128",
        "inline:12+cache:128", "inline-only:128", "static:128", "pointer", "pointer-max:128",
    ];

    [Fact]
    public void The_same_seed_gives_the_same_run_byte_for_byte() =>
        PropertyRun.CheckScripts(60, script =>
            ScriptRun.Of(script).LooksLike(ScriptRun.Of(script)) ? null : "two runs differ");

    [Fact]
    public void The_same_seed_gives_the_same_script() => PropertyRun.CheckSeeds(200, seed =>
    {
        Script one = ScriptGenerator.Make(seed, 50);
        Script other = ScriptGenerator.Make(seed, 50);
        return one.Settings == other.Settings && one.Calls.SequenceEqual(other.Calls)
            ? null
            : "two scripts differ";
    });

    [Fact]
    public void Storage_strategy_and_inline_length_are_invisible() =>
        PropertyRun.CheckScripts(30, script =>
        {
            Script withHandles = WithHandles(script);
            ScriptRun first = ScriptRun.Of(withHandles);
            return Strategies.Skip(1).FirstOrDefault(
                name => !Run(withHandles, name).LooksLike(first));
        });

    /// <summary>
    /// What is not kept is not sent: the requests differ, and what comes of them does not.
    /// </summary>
    [Fact]
    public void A_kernel_that_keeps_no_handles_gives_the_same_results() =>
        PropertyRun.CheckScripts(30, script =>
        {
            ScriptRun kept = ScriptRun.Of(WithHandles(script));
            ScriptRun none = Run(WithHandles(script), Strategies[0]);
            return kept.Results.SequenceEqual(none.Results)
                && kept.HeldByKernel.SequenceEqual(none.HeldByKernel)
                    ? null
                    : "two runs differ";
        });

    [Fact]
    public void Every_strategy_that_keeps_handles_sees_the_same_of_a_server_that_changes_them() =>
        PropertyRun.CheckScripts(30, script =>
        {
            Script changing = WithHandles(script);
            changing = changing with { Server = changing.Server with { BadHandlePer1024 = 200 } };
            ScriptRun first = ScriptRun.Of(changing);
            if (first.Errors.Count > 0)
                return first.Errors[0].ToString();
            return Strategies.Skip(1).FirstOrDefault(
                name => !Run(changing, name).LooksLike(first));
        });

    [Fact]
    public void Spilled_handles_are_those_that_the_strategy_cannot_keep_inline() =>
        PropertyRun.CheckScripts(40, script =>
        {
            string? fault = null;
            foreach (string name in Strategies)
            {
                HandleStrategy strategy = HandleStrategy.Parse(name);
                ScriptRun.Of(
                    WithHandles(script), new() { Strategy = strategy },
                    (side, call, _) => fault ??= Recount(side.Kernel.Inodes, strategy) is { } why
                        ? $"{name}, after {call}: {why}"
                        : null);
            }

            return fault;
        });

    [Fact]
    public void Lookups_given_are_lookups_forgotten_plus_lookups_held() =>
        PropertyRun.CheckScripts(150, script => Uncounted(ScriptRun.Of(Friendly(script))));

    [Fact]
    public void So_they_are_in_every_version_which_asks_only_for_what_it_holds() =>
        PropertyRun.CheckScripts(15, script => KernelProfiles.ShippedNames
            .Select(name => KernelProfiles.VersionOf(name))
            .Select(version => (
                Version: version,
                Friendly: ScriptRun.Of(Friendly(script), version: version),
                Whole: ScriptRun.Of(script, version: version)))
            .Select(run => (run.Version, Fault: Uncounted(run.Friendly) ?? run.Whole.FirstStray))
            .Where(run => run.Fault is not null)
            .Select(run => $"{run.Version}: {run.Fault}")
            .FirstOrDefault());

    private static string? Uncounted(ScriptRun run) =>
        run.HeldByServer.SequenceEqual(run.HeldByKernel)
            ? null
            : $"the server counts [{string.Join(", ", run.HeldByServer)}], "
                + $"the kernel [{string.Join(", ", run.HeldByKernel)}]";

    [Fact]
    public void The_kernel_forgets_only_what_it_was_given_and_asks_only_for_what_it_holds() =>
        PropertyRun.CheckScripts(200, script => ScriptRun.Of(script).FirstStray);

    [Fact]
    public void Whatever_the_server_answers_the_cache_stays_sound() =>
        PropertyRun.CheckScripts(150, script =>
        {
            Script hostile = WithHandles(script);
            hostile = hostile with
            {
                Server = hostile.Server with { HostilePer1024 = 500, BadHandlePer1024 = 300 },
            };
            string? fault = null;
            ScriptRun run = ScriptRun.Of(hostile, null, (side, call, _) =>
                fault ??= FirstError(side.Kernel, call));
            return fault ?? run.FirstStray;
        });

    [Fact]
    public void Memory_pressure_at_any_time_loses_no_count_and_nothing_in_use() =>
        PropertyRun.CheckScripts(100, script =>
        {
            string? fault = null;
            ScriptRun run = ScriptRun.Of(Friendly(script), null, (side, call, _) =>
            {
                if (SplitMix64.Mix(script.Seed + (ulong)call.GetHashCode()) % 4 != 0)
                    return;
                side.Kernel.Shrink();
                side.Settle();
                fault ??= FirstError(side.Kernel, call);
            });
            fault ??= run.FirstStray;
            return fault ?? (run.HeldByServer.SequenceEqual(run.HeldByKernel)
                ? null
                : "the counts differ");
        });

    /// <summary>
    /// The root keeps what a lookup of ".." from a child of it has counted (R14).
    /// </summary>
    [Fact]
    public void When_nothing_is_open_memory_pressure_leaves_the_root_alone() =>
        PropertyRun.CheckScripts(100, script =>
        {
            VfsCall[] closing = [.. Enumerable.Range(0, ModelKernel.FileSlots)
                .Select(slot => new VfsCall(VfsCallKind.Close) { Slot = slot })];
            Script closed = Friendly(script) with { Calls = [.. script.Calls, .. closing] };
            string? fault = null;
            int calls = 0;
            ScriptRun.Of(closed, null, (side, _, _) =>
            {
                if (++calls < closed.Calls.Count)
                    return;
                side.Kernel.Shrink();
                side.Settle();
                IReadOnlyList<string> held = side.Server.Ledger.Held();
                if (side.Kernel.Inodes.Count != 1
                    || !held.SequenceEqual(ScriptRun.HeldIn(side.Kernel.Inodes)))
                {
                    fault = $"{side.Kernel.Inodes.Count} inodes, [{string.Join(", ", held)}]";
                }
            });
            return fault;
        });

    private static ScriptRun Run(Script script, string strategy) => ScriptRun.Of(
        script, new() { Strategy = HandleStrategy.Parse(strategy) });

    private static Script WithHandles(Script script) => script with
    {
        Server = script.Server with { SendsHandles = true },
    };

    private static Script Friendly(Script script) => script with
    {
        Server = script.Server with { HostilePer1024 = 0 },
    };

    private static string? FirstError(ModelKernel kernel, VfsCall call)
    {
        IReadOnlyList<ValidationError> errors = kernel.Validate();
        return errors.Count == 0 ? null : $"after {call}: {errors[0]}";
    }

    /// <summary>Counts again what the cache says of its external buffers.</summary>
    private static string? Recount(FuseInodeCache cache, HandleStrategy strategy)
    {
        int spilled = 0;
        foreach (InodeIndex at in ScriptRun.InodesOf(cache))
        {
            FileHandle handle = cache.Get(at).Handle;
            if (!handle.IsNone && strategy.StorageOf(handle.Bytes.Length) == HandleStorage.External)
                spilled++;
        }

        return spilled == cache.Spilled && cache.Validate().Count == 0
            ? null
            : $"{spilled} spilled handles, the cache counts {cache.Spilled}";
    }
}
