namespace HandleCache.Server.Synthetic;

/// <summary>The mixing function of SplitMix64 (Steele, Lea, Flood 2014).</summary>
internal static class SyntheticHash
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>64 bits for an id; for one seed no two ids give the same.</summary>
    public static ulong Mix(ulong seed, ulong id) => Finish(Finish(seed + Golden) ^ id);

    /// <summary>A bijection on 64 bits.</summary>
    private static ulong Finish(ulong x)
    {
        x += Golden;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
