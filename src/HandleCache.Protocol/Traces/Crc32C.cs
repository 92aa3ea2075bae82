using System.Buffers.Binary;
using System.Numerics;

namespace HandleCache.Protocol.Traces;

/// <summary>
/// CRC-32C (Castagnoli, RFC 3720 appendix B.4): finds every error of up to 32 bits in a row, so
/// every single flipped bit.
/// </summary>
public static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (BinaryPrimitives.TryReadUInt64LittleEndian(bytes, out ulong word))
        {
            crc = BitOperations.Crc32C(crc, word);
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }
}
