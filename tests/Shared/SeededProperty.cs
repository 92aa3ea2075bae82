using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace HandleCache.Tests.Shared;

/// <summary>
/// Runs a property with a seed that is printed and can be given again: the failure message has the
/// command. HANDLECACHE_SEED holds the seed of a run to repeat.
/// </summary>
internal static class SeededProperty
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
}
