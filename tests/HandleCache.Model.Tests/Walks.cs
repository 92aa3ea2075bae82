using FsCheck;
using FsCheck.Fluent;

namespace HandleCache.Model.Tests;

/// <summary>Random walks.</summary>
internal static class Walks
{
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
