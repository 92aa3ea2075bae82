using System.Buffers.Binary;

namespace HandleCache.Linux.Btf;

/// <summary>
/// The sections of a 64-bit little-endian ELF file, of which only the tables are read.
/// </summary>
internal sealed class ElfFile
{
    private const int HeaderBytes = 64;
    private const int EntryBytes = 64;
    private const int MaxSections = 1 << 16;
    private const int MaxNamesBytes = 1 << 24;
    private const ulong Compressed = 0x800;
    private const uint NoBits = 8;

    private readonly Stream _stream;
    private readonly byte[] _table;
    private readonly byte[] _names;

    private ElfFile(Stream stream, byte[] header, byte[] table, byte[] names)
    {
        _stream = stream;
        IsRelocatable = Half(header, 0x10) == 1;
        Machine = Half(header, 0x12);
        _table = table;
        _names = names;
    }

    public static ReadOnlySpan<byte> Magic => "\u007fELF"u8;

    /// <summary>e_machine: 62 is x86-64, 183 is AArch64.</summary>
    public int Machine { get; }

    /// <summary>e_type is ET_REL, as a module's is.</summary>
    public bool IsRelocatable { get; }

    /// <summary>Reads the tables; false with a message for the user.</summary>
    public static bool TryRead(Stream stream, out ElfFile? file, out string? error)
    {
        file = null;
        byte[] header = new byte[HeaderBytes];
        if (!TryReadAt(stream, 0, header))
            return Fail("ELF header is cut short", out error);
        if (header[4] == 2 && header[5] == 2)
            return Fail("ELF is big-endian, not 64-bit little-endian", out error);
        if (header[4] != 2 || header[5] != 1)
            return Fail("ELF is not 64-bit little-endian", out error);
        ulong tableOffset = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(0x28));
        int entryBytes = Half(header, 0x3a);
        long count = Half(header, 0x3c);
        long namesIndex = Half(header, 0x3e);
        if (tableOffset == 0)
            return Fail("ELF has no sections", out error);
        if (entryBytes != EntryBytes)
            return Fail($"ELF section headers of {entryBytes} bytes, not {EntryBytes}", out error);
        if (tableOffset > (ulong)stream.Length)
            return Fail("ELF section table lies past the file", out error);
        byte[] first = new byte[EntryBytes];
        if (!TryReadAt(stream, (long)tableOffset, first))
            return Fail("ELF section table is cut short", out error);

        // More than 0xff00 sections: the count and the names' index are kept in the first entry.
        if (count == 0)
            count = (long)Math.Min(Long(first, 0x20), MaxSections + 1);
        if (namesIndex == 0xffff)
            namesIndex = BinaryPrimitives.ReadUInt32LittleEndian(first.AsSpan(0x28));
        if (count > MaxSections || namesIndex >= count)
            return Fail($"ELF with {count} sections, names in {namesIndex}", out error);
        byte[] table = new byte[count * EntryBytes];
        if (!TryReadAt(stream, (long)tableOffset, table))
            return Fail("ELF section table is cut short", out error);
        ReadOnlySpan<byte> namesEntry = table.AsSpan((int)namesIndex * EntryBytes, EntryBytes);
        ulong namesBytes = Long(namesEntry, 0x20);
        if (namesBytes > MaxNamesBytes)
            return Fail($"ELF section names of {namesBytes} bytes", out error);
        byte[] names = new byte[namesBytes];
        if (!TryReadAt(stream, Long(namesEntry, 0x18), names))
            return Fail("ELF section names lie past the file", out error);
        file = new ElfFile(stream, header, table, names);
        error = null;
        return true;
    }

    /// <summary>
    /// The bytes of a section; null, and an error where the section is there but cannot be read:
    /// damaged, compressed, or over <paramref name="mostBytes"/>.
    /// </summary>
    public byte[]? Section(string name, int mostBytes, out string? error)
    {
        error = null;
        for (int at = 0; at < _table.Length; at += EntryBytes)
        {
            ReadOnlySpan<byte> entry = _table.AsSpan(at, EntryBytes);
            uint nameAt = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            if (!NameIs(_names, nameAt, name) || Word(entry, 4) == NoBits)
                continue;
            ulong start = Long(entry, 0x18);
            ulong bytes = Long(entry, 0x20);
            ulong length = (ulong)_stream.Length;
            if ((Long(entry, 0x08) & Compressed) != 0)
                error = $"ELF section {name} is compressed";
            else if (start > length || bytes > length - start)
                error = $"ELF section {name} lies past the file";
            else if (bytes > (ulong)mostBytes)
                error = $"section {name} has {bytes} bytes, over {mostBytes}";
            if (error is not null)
                return null;
            byte[] data = new byte[bytes];
            _stream.Position = (long)start;
            _stream.ReadExactly(data);
            return data;
        }

        return null;
    }

    private static bool NameIs(ReadOnlySpan<byte> names, uint at, string name)
    {
        if (at >= names.Length || names.Length - at <= name.Length)
            return false;
        ReadOnlySpan<byte> there = names.Slice((int)at, name.Length + 1);
        for (int i = 0; i < name.Length; i++)
        {
            if (there[i] != name[i])
                return false;
        }

        return there[^1] == 0;
    }

    private static bool TryReadAt(Stream stream, ulong offset, Span<byte> into) =>
        offset <= long.MaxValue && TryReadAt(stream, (long)offset, into);

    private static bool TryReadAt(Stream stream, long offset, Span<byte> into)
    {
        if (offset > stream.Length || into.Length > stream.Length - offset)
            return false;
        stream.Position = offset;
        return stream.ReadAtLeast(into, into.Length, false) == into.Length;
    }

    private static uint Word(ReadOnlySpan<byte> data, int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(data[offset..]);

    private static int Half(ReadOnlySpan<byte> data, int offset) =>
        BinaryPrimitives.ReadUInt16LittleEndian(data[offset..]);

    private static ulong Long(ReadOnlySpan<byte> data, int offset) =>
        BinaryPrimitives.ReadUInt64LittleEndian(data[offset..]);

    private static bool Fail(string message, out string? error)
    {
        error = message;
        return false;
    }
}
