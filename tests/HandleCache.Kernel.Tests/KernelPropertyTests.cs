using FsCheck;
using FsCheck.Fluent;
using HandleCache.Lab.Differential;
using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// Properties of the modelled kernel over random scripts and a server that may be hostile. A
/// script is a seed, so what FsCheck prints is what repeats it.
/// </summary>
public class KernelPropertyTests
{
    private const int Calls = 50;

    private static readonly string[] Strategies =
    [
        "none", "inline:0", "inline:12", "inline:40", "inline:128", "inline:8+cache:128",
        "static:128", "pointer", "pointer-max:128",
    ];

    [Fact]
    public void The_same_seed_gives_the_same_run_byte_for_byte() => Check(60, script =>
        Run(script).LooksLike(Run(script)));

    [Fact]
    public void Storage_strategy_and_inline_length_are_invisible() => Check(25, script =>
    {
        ScriptRun first = Run(script);
        return Strategies.All(strategy => ScriptRun.Of(
            script, new() { Strategy = HandleStrategy.Parse(strategy) }).LooksLike(first));
    });

    [Fact]
    public void Lookups_given_are_lookups_forgotten_plus_lookups_held() => Check(150, script =>
    {
        Script friendly = script with { Server = script.Server with { HostilePerMille = 0 } };
        ScriptRun run = Run(friendly);
        return run.HeldByServer.SequenceEqual(run.HeldByKernel);
    });

    [Fact]
    public void Whatever_the_server_answers_the_cache_stays_sound() => Check(150, script =>
    {
        Script hostile = script with { Server = script.Server with { HostilePerMille = 500 } };
        return Run(hostile).Errors.Count == 0;
    });

    private static ScriptRun Run(Script script) => ScriptRun.Of(script, new FuseInodeCacheOptions());

    private static void Check(int tests, Func<Script, bool> holds)
    {
        Arbitrary<ulong> seeds = Arb.From(Gen.Choose(1, int.MaxValue - 1).Select(n => (ulong)n));
        Prop.ForAll(seeds, seed => holds(ScriptGenerator.Make(seed, Calls)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(tests));
    }
}
