using System.Buffers.Binary;

namespace HandleCache.Linux.Btf;

/// <summary>
/// struct btf_header, uapi/linux/btf.h, checked: both sections lie in the data and do not overlap.
/// Offsets are from the data's start.
/// </summary>
internal readonly record struct BtfHeader(
    int TypesOffset, int TypesBytes, int StringsOffset, int StringsBytes)
{
    public const ushort Magic = 0xeb9f;
    public const int MinBytes = 24;

    public static bool TryRead(ReadOnlySpan<byte> data, out BtfHeader header, out BtfError error)
    {
        header = default;
        error = default;
        if (data.Length < MinBytes)
            return Fail(0, $"header needs {MinBytes} bytes, {data.Length} are there", out error);
        ushort magic = BinaryPrimitives.ReadUInt16LittleEndian(data);
        if (magic == BinaryPrimitives.ReverseEndianness(Magic))
            return Fail(0, "big-endian BTF, only little-endian is read", out error);
        if (magic != Magic)
            return Fail(0, $"magic is 0x{magic:x4}, not 0x{Magic:x4}", out error);
        if (data[2] != 1)
            return Fail(2, $"version {data[2]}, only 1 is known", out error);
        if (data[3] != 0)
            return Fail(3, $"flags 0x{data[3]:x2}, none are known", out error);
        uint headerBytes = Word(data, 4);
        if (headerBytes < MinBytes || headerBytes > data.Length || headerBytes % 4 != 0)
        {
            return Fail(
                4, $"header length {headerBytes} is not {MinBytes}..{data.Length}", out error);
        }

        long types = headerBytes + (long)Word(data, 8);
        long typesEnd = types + Word(data, 12);
        long strings = headerBytes + (long)Word(data, 16);
        long stringsEnd = strings + Word(data, 20);
        if (types % 4 != 0)
            return Fail(8, "the types are not aligned to 4 bytes", out error);
        if (typesEnd > data.Length)
            return Fail(12, $"types end at {typesEnd}, the data at {data.Length}", out error);
        if (stringsEnd > data.Length)
            return Fail(20, $"strings end at {stringsEnd}, the data at {data.Length}", out error);
        if (types < stringsEnd && strings < typesEnd)
            return Fail(16, "types and strings overlap", out error);

        // A longer header may describe more sections than these two.
        if (headerBytes == MinBytes && Math.Max(typesEnd, stringsEnd) != data.Length)
        {
            return Fail(
                Math.Max(typesEnd, stringsEnd), "bytes follow that no section holds", out error);
        }

        header = new BtfHeader(
            (int)types, (int)(typesEnd - types), (int)strings, (int)(stringsEnd - strings));
        return true;
    }

    private static uint Word(ReadOnlySpan<byte> data, int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(data[offset..]);

    private static bool Fail(long offset, string message, out BtfError error)
    {
        error = new BtfError(offset, message);
        return false;
    }
}
