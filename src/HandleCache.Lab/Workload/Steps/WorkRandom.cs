namespace HandleCache.Lab.Workload.Steps;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): one seed, one sequence, on any machine.</summary>
internal sealed class WorkRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong x = _state;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    /// <summary>0 to <paramref name="bound"/> - 1; the bound is at least 1.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public bool Chance(int percent) => Below(100) < percent;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i += 8)
        {
            ulong word = Next();
            for (int j = i; j < Math.Min(i + 8, count); j++, word >>= 8)
                bytes[j] = (byte)word;
        }

        return bytes;
    }
}
