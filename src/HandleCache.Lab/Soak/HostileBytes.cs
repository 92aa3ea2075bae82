using System.Buffers.Binary;
using HandleCache.Protocol;

namespace HandleCache.Lab.Soak;

/// <summary>Damages good input: cut, flipped, lengths that lie, pieces of another.</summary>
internal static class HostileBytes
{
    /// <summary>No message grows beyond this, bytes.</summary>
    public const int MostBytes = 1 << 17;

    private const int MostDamage = 4;
    private const int MostRandomBytes = 300;

    /// <summary>Values at the edges of what a length, count or number can be.</summary>
    private static readonly ulong[] Edges =
    [
        0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 40, 127, 128, 129, 255, 256, 4095, 4096, 4097, 0x7FFF,
        0xFFFF, 1 << 20, int.MaxValue, 0x8000_0000, uint.MaxValue, 1UL << 32, long.MaxValue,
        1UL << 63, ulong.MaxValue,
    ];

    /// <summary>One message, from one of the corpus or from nothing.</summary>
    /// <param name="random">Decides everything.</param>
    /// <param name="corpus">Good messages, not empty; they stay as they are.</param>
    public static byte[] Make(SplitMix64 random, IReadOnlyList<byte[]> corpus)
    {
        if (random.OneIn(16))
            return random.Bytes(random.Below(MostRandomBytes));
        byte[] message = [.. random.PickFrom(corpus)];
        for (int left = 1 + random.Below(MostDamage); left > 0; left--)
            message = Damage(random, message, corpus);
        return message;
    }

    /// <summary>One kind of damage.</summary>
    public static byte[] Damage(
        SplitMix64 random, byte[] message, IReadOnlyList<byte[]> corpus)
    {
        if (message.Length == 0)
            return random.Bytes(1 + random.Below(MostRandomBytes));
        switch (random.Below(8))
        {
            case 0:
                return message[..random.Below(message.Length)];
            case 1:
                message[random.Below(message.Length)] ^= (byte)(1 << random.Below(8));
                return message;
            case 2:
                message[random.Below(message.Length)] = (byte)random.Next();
                return message;
            case 3 or 4:
                PutEdge(random, message);
                return message;
            case 5:
                return Spliced(random, message, random.PickFrom(corpus));
            case 6:
                return Repeated(random, message);
            default:
                random.Fill(message.AsSpan(random.Below(message.Length)));
                return message;
        }
    }

    /// <summary>A number of 1, 2, 4 or 8 bytes where one may stand.</summary>
    private static void PutEdge(SplitMix64 random, byte[] message)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        ulong edge = random.Pick<ulong>(Edges) + (random.OneIn(4) ? random.Next() % 3 : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(value, edge);
        int bytes = 1 << random.Below(4);
        int at = random.Below(message.Length) / bytes * bytes;
        bytes = Math.Min(bytes, message.Length - at);
        value[..bytes].CopyTo(message.AsSpan(at));
    }

    private static byte[] Spliced(SplitMix64 random, byte[] message, byte[] other)
    {
        int head = random.Below(message.Length + 1);
        int tail = random.Below(other.Length + 1);
        return Bounded([.. message[..head], .. other[tail..]]);
    }

    private static byte[] Repeated(SplitMix64 random, byte[] message)
    {
        int from = random.Below(message.Length);
        int to = from + random.Below(message.Length - from + 1);
        return Bounded([.. message[..to], .. message[from..]]);
    }

    private static byte[] Bounded(byte[] message) =>
        message.Length <= MostBytes ? message : message[..MostBytes];
}
