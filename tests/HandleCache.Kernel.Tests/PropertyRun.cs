using FsCheck;
using FsCheck.Fluent;
using HandleCache.Lab.Differential;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Tests.Shared;

namespace HandleCache.Kernel.Tests;

/// <summary>Properties of scripts, each made of a seed.</summary>
internal static class PropertyRun
{
    private const int Calls = 50;

    /// <summary>
    /// Holds a property against random scripts; one that fails is shortened by leaving calls out.
    /// </summary>
    /// <param name="tests">Scripts.</param>
    /// <param name="fault">What is wrong with a script's run; null where nothing is.</param>
    public static void CheckScripts(int tests, Func<Script, string?> fault)
    {
        Arbitrary<ScriptCase> scripts = Arb.From(
            Seeds().Select(seed => new ScriptCase(ScriptGenerator.Make(seed, Calls))), Shorter);
        SeededProperty.Check(Prop.ForAll(scripts, one => Verdict(fault(one.Script))), tests);
    }

    /// <summary>Holds a property against random seeds.</summary>
    public static void CheckSeeds(int tests, Func<ulong, string?> fault) =>
        SeededProperty.Check(Prop.ForAll(Arb.From(Seeds()), seed => Verdict(fault(seed))), tests);

    private static Property Verdict(string? why) => (why is null).Label(why ?? "");

    private static Gen<ulong> Seeds() =>
        Gen.Choose(0, int.MaxValue - 1).Two().Select(pair => Mixed(pair.Item1, pair.Item2));

    private static ulong Mixed(int high, int low) =>
        SplitMix64.Mix(((ulong)high << 31) | (uint)low);

    private static IEnumerable<ScriptCase> Shorter(ScriptCase one)
    {
        IReadOnlyList<VfsCall> calls = one.Script.Calls;
        for (int part = calls.Count / 2; part > 0; part /= 2)
        {
            for (int at = 0; at + part <= calls.Count; at += part)
            {
                yield return new(one.Script with
                {
                    Calls = [.. calls.Take(at), .. calls.Skip(at + part)],
                });
            }
        }
    }

    /// <summary>A script that prints itself whole.</summary>
    private sealed record ScriptCase(Script Script)
    {
        public override string ToString() =>
            $"\n{Script.Settings}\n{string.Join('\n', Script.Calls)}\n";
    }
}
