using System.Buffers.Binary;
using System.IO.Hashing;
using SharpCompress.Compressors.LZMA;

namespace HandleCache.Linux.Images;

/// <summary>
/// xz as the kernel's build packs an x86 vmlinux (scripts/xz_wrap.sh): one block, LZMA2 behind
/// the filter for x86 branches, CRC-32. The library's own filter forgets its state between two
/// reads, so the branches are put right here, over the whole.
/// </summary>
internal static class XzX86
{
    private const int StreamHeaderBytes = 12;
    private const byte X86FilterId = 4;
    private const byte Lzma2FilterId = 0x21;
    private const byte CheckCrc32 = 1;

    /// <summary>Whether the first block has the filter for x86 branches.</summary>
    public static bool Applies(ReadOnlySpan<byte> xz) =>
        xz.Length > StreamHeaderBytes + 2
        && FiltersAt(xz) is var at && at < xz.Length && xz[at] == X86FilterId;

    /// <exception cref="InvalidDataException">Damaged, or not in the kernel's form.</exception>
    public static byte[] Unpack(ReadOnlyMemory<byte> xz)
    {
        ReadOnlySpan<byte> data = xz.Span;
        if (data[7] != CheckCrc32)
            throw new InvalidDataException($"check {data[7]} beside the x86 filter, not CRC-32");
        int at = FiltersAt(data);
        byte[] filters = data.Slice(at, 5).ToArray();
        if ((data[StreamHeaderBytes + 1] & 3) != 1 || filters[1] != 0
            || filters[2] != Lzma2FilterId || filters[3] != 1)
        {
            throw new InvalidDataException("filters other than x86 and LZMA2");
        }

        int body = StreamHeaderBytes + ((data[StreamHeaderBytes] + 1) * 4);
        using MemoryStream from = new(xz.ToArray());
        from.Position = body;
        using LzmaStream lzma = LzmaStream.Create(
            [filters[4]], from, -1, -1, null!, isLzma2: true, leaveOpen: true);
        MemoryStream into = new();
        Packing.CopyAll(lzma, into);
        byte[] unpacked = into.ToArray();
        UndoBranches(unpacked);
        int check = body + ((int)(from.Position - body + 3) & ~3);
        return Crc32.HashToUInt32(unpacked)
            == BinaryPrimitives.ReadUInt32LittleEndian(data[check..])
            ? unpacked
            : throw new InvalidDataException("the CRC-32 of its block is another");
    }

    /// <summary>Behind the flags and the two lengths that a block's header may have.</summary>
    private static int FiltersAt(ReadOnlySpan<byte> xz)
    {
        int flags = xz[StreamHeaderBytes + 1];
        int at = StreamHeaderBytes + 2;
        for (int lengths = ((flags >> 6) & 1) + (flags >> 7); lengths > 0; lengths--)
        {
            while (at < xz.Length && xz[at] >= 0x80)
                at++;
            at++;
        }

        return at;
    }

    /// <summary>
    /// Makes the absolute targets of CALL and JMP relative again; as bcj_x86(),
    /// lib/xz/xz_dec_bcj.c. A byte E8 or E9 close behind another one is taken for an opcode only
    /// if the address between them allows it.
    /// </summary>
    internal static void UndoBranches(Span<byte> code)
    {
        // How many of the last bytes that looked like opcodes overlap this operand, as bits.
        ReadOnlySpan<bool> allowed = [true, true, true, false, true, false, false, false];
        ReadOnlySpan<int> bits = [0, 1, 2, 2, 3, 3, 3, 3];
        int last = -1;
        uint mask = 0;
        for (int i = 0; i + 4 < code.Length; i++)
        {
            if ((code[i] & 0xfe) != 0xe8)
                continue;
            int distance = i - last;
            last = i;
            mask = distance > 3 ? 0 : (mask << (distance - 1)) & 7;
            if (mask != 0 && (!allowed[(int)mask] || IsSign(code[i + 4 - bits[(int)mask]])))
            {
                mask = (mask << 1) | 1;
                continue;
            }

            if (!IsSign(code[i + 4]))
            {
                mask = (mask << 1) | 1;
                continue;
            }

            uint target = BinaryPrimitives.ReadUInt32LittleEndian(code[(i + 1)..]);
            uint relative = target - (uint)(i + 5);
            while (mask != 0)
            {
                int shift = bits[(int)mask] * 8;
                if (!IsSign((byte)(relative >> (24 - shift))))
                    break;
                target = relative ^ ((1u << (32 - shift)) - 1);
                relative = target - (uint)(i + 5);
            }

            relative &= 0x01ffffff;
            relative |= 0u - (relative & 0x01000000);
            BinaryPrimitives.WriteUInt32LittleEndian(code[(i + 1)..], relative);
            i += 4;
        }
    }

    private static bool IsSign(byte most) => most is 0 or 0xff;
}
