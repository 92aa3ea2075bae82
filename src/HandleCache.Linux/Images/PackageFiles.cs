using System.Buffers.Binary;
using System.Formats.Tar;
using System.Globalization;
using System.Text;

namespace HandleCache.Linux.Images;

/// <summary>
/// The files of a Debian package (ar with data.tar in it, deb(5)) or an RPM (two headers, then a
/// cpio archive), one after the other as they are unpacked; nothing is written anywhere.
/// </summary>
internal static class PackageFiles
{
    private const int ArHeaderBytes = 60;
    private const int RpmLeadBytes = 96;
    private const int CpioHeaderBytes = 110;

    /// <summary>Largest header of an RPM that is skipped, in bytes.</summary>
    private const int MaxRpmHeaderBytes = 256 << 20;

    private static ReadOnlySpan<byte> ArMagic => "!<arch>\n"u8;

    private static ReadOnlySpan<byte> RpmMagic => [0xed, 0xab, 0xee, 0xdb];

    public static bool IsOne(ReadOnlySpan<byte> head) =>
        head.StartsWith(ArMagic) || head.StartsWith(RpmMagic);

    /// <summary>
    /// Path and content of every regular file; the content is gone when the next one is asked
    /// for.
    /// </summary>
    /// <exception cref="InvalidDataException">Damaged, cut, or packed in another way.</exception>
    public static IEnumerable<(string Path, Stream Content)> Of(Stream package)
    {
        byte[] head = new byte[8];
        package.ReadAtLeast(head, head.Length, false);
        return head.AsSpan().StartsWith(ArMagic) ? OfDebian(package) : OfRpm(package);
    }

    private static IEnumerable<(string Path, Stream Content)> OfDebian(Stream package)
    {
        byte[] header = new byte[ArHeaderBytes];
        while (package.ReadAtLeast(header, header.Length, false) == header.Length)
        {
            string name = Encoding.ASCII.GetString(header, 0, 16).TrimEnd(' ', '/');
            string length = Encoding.ASCII.GetString(header, 48, 10).Trim();
            if (!long.TryParse(
                length, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
            {
                throw new InvalidDataException($"member '{name}' has no length");
            }

            if (!name.StartsWith("data.tar", StringComparison.Ordinal))
            {
                package.Position += bytes + (bytes & 1);
                continue;
            }

            if (package.Length - package.Position < bytes)
                throw new InvalidDataException($"cut inside {name}");
            using Stream tar = name == "data.tar" ? package : Unpacked(package);
            using TarReader reader = new(tar, leaveOpen: true);
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.DataStream is { } content)
                    yield return (entry.Name, content);
            }

            yield break;
        }

        throw new InvalidDataException("no data.tar in it");
    }

    private static IEnumerable<(string Path, Stream Content)> OfRpm(Stream package)
    {
        package.Position = RpmLeadBytes;
        SkipRpmHeader(package);
        package.Position = (package.Position + 7) & ~7L;
        SkipRpmHeader(package);
        CheckEnd(package);
        using Stream cpio = Unpacked(package);
        byte[] header = new byte[CpioHeaderBytes];
        while (true)
        {
            Fill(cpio, header);
            if (!header.AsSpan().StartsWith("07070"u8))
                throw new InvalidDataException("its payload is no cpio archive of the new form");
            int nameBytes = (int)Math.Min(Hex(header, 94), 1 << 16);
            byte[] name = new byte[nameBytes + Padding(CpioHeaderBytes + nameBytes)];
            Fill(cpio, name);
            string path = Encoding.UTF8.GetString(name, 0, Math.Max(0, nameBytes - 1));
            if (path == "TRAILER!!!")
                yield break;
            long bytes = Hex(header, 54);
            CutStream content = new(cpio, bytes);
            if ((Hex(header, 14) & 0xf000) == 0x8000)
                yield return (path, content);
            content.CopyTo(Stream.Null);
            Fill(cpio, new byte[Padding(bytes)]);
        }
    }

    /// <summary>A header of an RPM: magic, spare bytes, entries of 16 bytes, their data.</summary>
    private static void SkipRpmHeader(Stream package)
    {
        byte[] head = new byte[16];
        Fill(package, head);
        if (!head.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x8e, 0xad, 0xe8]))
            throw new InvalidDataException("an RPM header does not begin as one");
        long bytes = (16L * BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(8)))
            + BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(12));
        if (bytes > Math.Min(MaxRpmHeaderBytes, package.Length - package.Position))
            throw new InvalidDataException($"an RPM header of {bytes} bytes");
        package.Position += bytes;
    }

    /// <summary>The payload ends with the file, and is packed to its end.</summary>
    private static void CheckEnd(Stream package)
    {
        long at = package.Position;
        byte[] head = new byte[8];
        Fill(package, head);
        byte[] tail = new byte[Math.Min(16, package.Length - at)];
        package.Position = package.Length - tail.Length;
        Fill(package, tail);
        package.Position = at;
        if (!Packing.HasEnd(head, tail))
            throw new InvalidDataException("its end is missing");
    }

    private static Stream Unpacked(Stream packed)
    {
        byte[] head = new byte[8];
        long at = packed.Position;
        packed.ReadAtLeast(head, head.Length, false);
        packed.Position = at;
        return Packing.Open(head, packed);
    }

    private static void Fill(Stream from, byte[] into)
    {
        if (from.ReadAtLeast(into, into.Length, false) < into.Length)
            throw new InvalidDataException("cut short");
    }

    private static int Padding(long bytes) => (int)(-bytes & 3);

    private static long Hex(byte[] header, int at) => long.TryParse(
        Encoding.ASCII.GetString(header, at, 8), NumberStyles.AllowHexSpecifier,
        CultureInfo.InvariantCulture, out long value)
        ? value
        : throw new InvalidDataException("a number of a cpio header is none");
}
