using HandleCache.Protocol;

namespace HandleCache.Server.Synthetic;

/// <summary>Size and bytes of a synthetic file: a function of seed and id.</summary>
public static class SyntheticContent
{
    /// <summary>No file is as long as this.</summary>
    public const int SizeBoundBytes = 8192;

    private const ulong Salt = 0x636F6E74656E74;

    public static int SizeBytes(ulong seed, ulong id) =>
        (int)(SplitMix64.Mix(seed ^ Salt, id) % SizeBoundBytes);

    /// <summary>Copies from an offset on; bytes copied, 0 behind the end.</summary>
    public static int Read(ulong seed, ulong id, ulong offset, Span<byte> destination)
    {
        int size = SizeBytes(seed, id);
        if (offset >= (ulong)size)
            return 0;
        int count = Math.Min(size - (int)offset, destination.Length);
        ulong word = SplitMix64.Mix(seed ^ ~Salt, id);
        for (int i = 0; i < count; i++)
        {
            uint position = (uint)offset + (uint)i;
            destination[i] = (byte)((uint)(word >> (int)(position % 57)) + (position * 31));
        }

        return count;
    }
}
