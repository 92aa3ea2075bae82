namespace HandleCache.Protocol;

/// <summary>
/// The one pseudo-random generator: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). One seed gives
/// one sequence, on every machine. Not for several threads at once.
/// </summary>
public sealed class SplitMix64(ulong seed)
{
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private ulong _state = seed;

    /// <summary>
    /// The first number of a seed: a bijection on 64 bits, for draws that depend on their index
    /// alone.
    /// </summary>
    public static ulong Mix(ulong seed)
    {
        ulong x = seed + Golden;
        x = (x ^ (x >> 30)) * 0xBF58_476D_1CE4_E5B9;
        x = (x ^ (x >> 27)) * 0x94D0_49BB_1331_11EB;
        return x ^ (x >> 31);
    }

    /// <summary>64 bits for an index; no two indices of one seed give the same.</summary>
    public static ulong Mix(ulong seed, ulong index) => Mix(Mix(seed) ^ index);

    public ulong Next()
    {
        ulong next = Mix(_state);
        _state += Golden;
        return next;
    }

    /// <summary>0 to <paramref name="bound"/> - 1; the bound is at least 1.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public bool OneIn(int chances) => Below(chances) == 0;

    public bool Chance(int percent) => Below(100) < percent;

    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    public T PickFrom<T>(IReadOnlyList<T> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        return choices[Below(choices.Count)];
    }

    public void Fill(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ulong word = Next();
            int count = Math.Min(sizeof(ulong), bytes.Length);
            for (int i = 0; i < count; i++)
                bytes[i] = (byte)(word >> (8 * i));
            bytes = bytes[count..];
        }
    }

    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }

    /// <summary>
    /// Puts the items in an order in which each is equally likely (Fisher, Yates).
    /// </summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int other = Below(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }
}
