using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace HandleCache.Lab.Soak;

/// <summary>A kernel's BTF with one small struct fuse_inode, alone, in ELF, and packed.</summary>
internal static class SmallKernel
{
    private const int HeaderBytes = 24;
    private const int ElfHeaderBytes = 64;
    private const int SectionBytes = 64;
    private const uint ProgramBits = 1;
    private const uint StringTable = 3;

    /// <summary>As /sys/kernel/btf/vmlinux has it (Documentation/bpf/btf.rst).</summary>
    public static byte[] Btf()
    {
        StringBuilder names = new("\0");
        List<uint> types = [];
        Type(Name("int"), Kind(1, 0), 4, 32);
        Type(Name("u64"), Kind(1, 0), 8, 64);
        Type(0, Kind(3, 0), 0, 1, 1, 12);
        Type(0, Kind(2, 0), 5);
        Type(
            Name("fuse_inode"), Kind(4, 3), 32,
            Name("nodeid"), 2, 0, Name("nlookup"), 2, 64, Name("handle"), 3, 128);
        Type(Name("fuse_inode_t"), Kind(8, 0), 5);
        byte[] strings = Encoding.ASCII.GetBytes(names.ToString());
        byte[] btf = new byte[HeaderBytes + (types.Count * sizeof(uint)) + strings.Length];
        uint typeBytes = (uint)types.Count * sizeof(uint);
        uint[] head =
        [
            0x0001_EB9F, HeaderBytes, 0, typeBytes, typeBytes, (uint)strings.Length,
        ];
        Words(btf, [.. head, .. types]);
        strings.CopyTo(btf, HeaderBytes + (int)typeBytes);
        return btf;

        uint Name(string name)
        {
            uint at = (uint)names.Length;
            names.Append(name).Append('\0');
            return at;
        }

        void Type(params uint[] words) => types.AddRange(words);

        static uint Kind(uint kind, uint count) => (kind << 24) | count;
    }

    /// <summary>A little-endian ELF of 64 bits with a section .BTF.</summary>
    public static byte[] Elf()
    {
        byte[] btf = Btf();
        byte[] names = Encoding.ASCII.GetBytes("\0.BTF\0.shstrtab\0");
        int namesAt = ElfHeaderBytes + btf.Length;
        int tableAt = (namesAt + names.Length + 7) & ~7;
        byte[] elf = new byte[tableAt + (3 * SectionBytes)];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(elf);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x10), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x12), 62);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(0x28), (ulong)tableAt);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3A), SectionBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3C), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3E), 2);
        btf.CopyTo(elf, ElfHeaderBytes);
        names.CopyTo(elf, namesAt);
        Section(1, 1, ProgramBits, ElfHeaderBytes, btf.Length);
        Section(2, 6, StringTable, namesAt, names.Length);
        return elf;

        void Section(int index, uint name, uint type, int at, int bytes)
        {
            Span<byte> head = elf.AsSpan(tableAt + (index * SectionBytes), SectionBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(head, name);
            BinaryPrimitives.WriteUInt32LittleEndian(head[4..], type);
            BinaryPrimitives.WriteUInt64LittleEndian(head[0x18..], (ulong)at);
            BinaryPrimitives.WriteUInt64LittleEndian(head[0x20..], (ulong)bytes);
        }
    }

    /// <summary>BTF, ELF, both packed, a boot image, a Debian package with that image.</summary>
    public static IReadOnlyList<byte[]> Files()
    {
        byte[] elf = Elf();
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(elf);
        using ZstdSharp.Compressor zstd = new();
        byte[] boot = Boot(packed.ToArray());
        return [Btf(), elf, packed.ToArray(), zstd.Wrap(elf).ToArray(), boot, Package(boot)];
    }

    /// <summary>deb(5): an ar archive, the files in its last member.</summary>
    private static byte[] Package(byte[] boot)
    {
        using MemoryStream data = new();
        using (TarWriter tar = new(data, TarEntryFormat.Ustar, leaveOpen: true))
        {
            Add(tar, "./boot/config-6.12.1", "CONFIG_SLUB=y\nCONFIG_FUSE_FS=y\n"u8.ToArray());
            Add(tar, "./boot/vmlinuz-6.12.1", boot);
        }

        using MemoryStream ar = new();
        ar.Write("!<arch>\n"u8);
        Member("debian-binary", "2.0\n"u8.ToArray());
        Member("data.tar", data.ToArray());
        return ar.ToArray();

        void Member(string name, byte[] content)
        {
            ar.Write(Encoding.ASCII.GetBytes(FormattableString.Invariant(
                $"{name,-16}{0,-12}{0,-6}{0,-6}{100644,-8}{content.Length,-10}`\n")));
            ar.Write(content);
            if (content.Length % 2 != 0)
                ar.WriteByte((byte)'\n');
        }

        static void Add(TarWriter tar, string name, byte[] content) => tar.WriteEntry(
            new UstarTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = new MemoryStream(content),
            });
    }

    /// <summary>Documentation/arch/x86/boot.rst: the payload behind 4 sectors.</summary>
    private static byte[] Boot(byte[] payload)
    {
        const int payloadAt = 5 * 512;
        byte[] image = new byte[payloadAt + payload.Length];
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x20F);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x24C), (uint)payload.Length);
        payload.CopyTo(image, payloadAt);
        return image;
    }

    private static void Words(byte[] into, ReadOnlySpan<uint> words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(
                into.AsSpan(i * sizeof(uint)), words[i]);
        }
    }
}
