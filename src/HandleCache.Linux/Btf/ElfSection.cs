using System.Buffers.Binary;

namespace HandleCache.Linux.Btf;

/// <summary>Finds a section in a 64-bit little-endian ELF file, reading only its tables.</summary>
internal static class ElfSection
{
    private const int HeaderBytes = 64;
    private const int EntryBytes = 64;
    private const int MaxSections = 1 << 16;
    private const int MaxNamesBytes = 1 << 24;
    private const ulong Compressed = 0x800;

    public static ReadOnlySpan<byte> Magic => "\u007fELF"u8;

    /// <summary>Offset and size of the section; the error is a message for the user.</summary>
    public static bool TryFind(
        Stream stream, string name, out long offset, out long size, out string? error)
    {
        (offset, size) = (0, 0);
        byte[] header = new byte[HeaderBytes];
        if (!TryReadAt(stream, 0, header))
            return Fail("ELF header is cut short", out error);
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
        return TryFindByName(stream, table, (int)namesIndex, name, out offset, out size, out error);
    }

    private static bool TryFindByName(
        Stream stream, byte[] table, int namesIndex, string name,
        out long offset, out long size, out string? error)
    {
        (offset, size) = (0, 0);
        ReadOnlySpan<byte> namesEntry = table.AsSpan(namesIndex * EntryBytes, EntryBytes);
        ulong namesBytes = Long(namesEntry, 0x20);
        if (namesBytes > MaxNamesBytes)
            return Fail($"ELF section names of {namesBytes} bytes", out error);
        byte[] names = new byte[namesBytes];
        if (!TryReadAt(stream, Long(namesEntry, 0x18), names))
            return Fail("ELF section names lie past the file", out error);
        for (int at = 0; at < table.Length; at += EntryBytes)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(at, EntryBytes);
            uint nameAt = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            if (!NameIs(names, nameAt, name))
                continue;
            ulong start = Long(entry, 0x18);
            ulong bytes = Long(entry, 0x20);
            if ((Long(entry, 0x08) & Compressed) != 0)
                return Fail($"ELF section {name} is compressed", out error);
            ulong length = (ulong)stream.Length;
            if (start > length || bytes > length - start)
                return Fail($"ELF section {name} lies past the file", out error);
            (offset, size) = ((long)start, (long)bytes);
            error = null;
            return true;
        }

        return Fail($"ELF has no section {name}", out error);
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
