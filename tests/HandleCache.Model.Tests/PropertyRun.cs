using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace HandleCache.Model.Tests;

/// <summary>
/// Runs a property with a seed that is printed and can be given again: the failure message has the
/// command. HANDLECACHE_SEED holds the seed of a run to repeat.
/// </summary>
internal static class PropertyRun
{
    private const string SeedVariable = "HANDLECACHE_SEED";

    public static void Check(Property property, int tests)
    {
        string? given = Environment.GetEnvironmentVariable(SeedVariable);
        ulong seed = given is null
            ? (ulong)Random.Shared.NextInt64()
            : ulong.Parse(given, CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"{SeedVariable}={seed}");
        try
        {
            property.Check(
                Config.QuickThrowOnFailure.WithMaxTest(tests).WithReplay(seed, 1));
        }
        catch (Exception e)
        {
            Assert.Fail($"replay with {SeedVariable}={seed}\n{e.Message}");
        }
    }

    /// <summary>
    /// A walk of random steps: each is a number that the test takes apart. A walk that fails is
    /// shortened by leaving parts out.
    /// </summary>
    public static Arbitrary<int[]> Steps(int most)
    {
        Gen<int[]> walks = Gen.Sized(size =>
            Gen.Choose(0, int.MaxValue - 1).ArrayOf(4 + (size * most / 100)));
        return Arb.From(walks, Shorter);
    }

    private static IEnumerable<int[]> Shorter(int[] steps)
    {
        for (int part = steps.Length / 2; part > 0; part /= 2)
        {
            for (int at = 0; at + part <= steps.Length; at += part)
                yield return [.. steps[..at], .. steps[(at + part)..]];
        }
    }
}
