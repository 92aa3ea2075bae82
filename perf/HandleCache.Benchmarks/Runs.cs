namespace HandleCache.Benchmarks;

/// <summary>What a quick run leaves out.</summary>
internal static class Runs
{
    /// <summary>"full" or "quick"; set by the program before anything runs.</summary>
    public const string ModeVariable = "HANDLECACHE_BENCHMARKS";

    public static bool IsFull => Environment.GetEnvironmentVariable(ModeVariable) == "full";

    /// <summary>Populations: in a cache of the processor, beyond it, far beyond it.</summary>
    public static int[] Sizes => IsFull ? [1_000, 1_000_000, 10_000_000] : [1_000, 1_000_000];
}
