using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4;
using SharpCompress.Compressors.Xz;
using ZstdSharp;

namespace HandleCache.Linux.Images;

/// <summary>
/// The compressions that kernels, modules and packages come in, told by their first bytes as
/// scripts/extract-vmlinux tells them: gzip, xz, zstd, and lz4's legacy frame.
/// </summary>
internal static class Packing
{
    /// <summary>Most bytes that are unpacked; a plain vmlinux has 60 MB.</summary>
    public const int MaxBytes = 1 << 30;

    /// <summary>Most bytes in a block of lz4's legacy frame (LEGACY_BLOCKSIZE).</summary>
    private const int Lz4BlockBytes = 8 << 20;

    private static readonly (string Name, byte[] Magic)[] Known =
    [
        ("gzip", [0x1f, 0x8b, 8]),
        ("xz", [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]),
        ("zstd", [0x28, 0xb5, 0x2f, 0xfd]),
        ("lz4", [0x02, 0x21, 0x4c, 0x18]),
        ("lz4 frame", [0x04, 0x22, 0x4d, 0x18]),
        ("bzip2", [(byte)'B', (byte)'Z', (byte)'h']),
        ("lzop", [0x89, (byte)'L', (byte)'Z', (byte)'O']),
        ("lzma", [0x5d, 0, 0, 0]),
    ];

    /// <summary>The compression whose magic number the bytes begin with, or null.</summary>
    public static string? NameOf(ReadOnlySpan<byte> head)
    {
        foreach ((string name, byte[] magic) in Known)
        {
            if (head.StartsWith(magic))
                return name;
        }

        return null;
    }

    /// <summary>
    /// Whether the last bytes are such as its kind ends with; xz alone tells. Its decoder makes
    /// something up where a file ends too soon.
    /// </summary>
    public static bool HasEnd(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail) =>
        NameOf(head) != "xz" || tail.TrimEnd((byte)0).EndsWith("YZ"u8);

    /// <summary>
    /// Unpacks all of it; false with a message where it is damaged, cut, or of a kind that is
    /// not read. <paramref name="sized"/>: it ends, as in a boot image, with the unpacked length
    /// (size_append of scripts/Makefile.lib; gzip has it by itself).
    /// </summary>
    public static bool TryUnpack(
        ReadOnlyMemory<byte> packed, bool sized, out byte[] unpacked, out string? error)
    {
        unpacked = [];
        string name = NameOf(packed.Span) ?? "data";
        long expected = sized && packed.Length >= 4
            ? BinaryPrimitives.ReadUInt32LittleEndian(packed.Span[^4..])
            : -1;
        if (expected > MaxBytes)
        {
            error = $"{name}: says it unpacks to {expected} bytes, over {MaxBytes}";
            return false;
        }

        if (sized && name != "gzip")
            packed = packed[..^4];
        try
        {
            unpacked = Unpack(name, packed, expected);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Each library has exceptions of its own for the same thing: this is not what it
            // says it is.
            error = $"{name}: damaged or cut ({FirstLine(e.Message)})";
            return false;
        }

        bool whole = expected < 0 || unpacked.Length == expected;
        error = whole
            ? null
            : $"{name}: damaged or cut ({unpacked.Length} bytes unpacked, {expected} announced)";
        return whole;
    }

    /// <summary>
    /// A stream of the unpacked bytes, for what is too long for memory; it throws where
    /// they are damaged.
    /// </summary>
    /// <exception cref="InvalidDataException">Not a compression that is read.</exception>
    public static Stream Open(ReadOnlySpan<byte> head, Stream packed) => NameOf(head) switch
    {
        "gzip" => new GZipStream(packed, System.IO.Compression.CompressionMode.Decompress),
        "xz" => new XZStream(packed),
        "zstd" => new DecompressionStream(packed),
        { } other => throw new InvalidDataException($"compressed by {other}, which is not read"),
        null => throw new InvalidDataException("compressed in a way that is not known"),
    };

    private static byte[] Unpack(string name, ReadOnlyMemory<byte> packed, long expected)
    {
        if (name == "lz4")
            return UnpackLz4(packed.Span, expected);
        if (!HasEnd(packed.Span, packed.Span))
            throw new InvalidDataException("its end is missing");
        if (name == "xz" && XzX86.Applies(packed.Span))
            return XzX86.Unpack(packed);
        using MemoryStream from = new(packed.ToArray());
        using Stream stream = Open(packed.Span, from);
        MemoryStream into = new(expected >= 0 ? (int)expected : packed.Length * 4);
        CopyAll(stream, into);
        return into.Length == into.Capacity ? into.GetBuffer() : into.ToArray();
    }

    /// <exception cref="InvalidDataException">More than <see cref="MaxBytes"/>.</exception>
    public static void CopyAll(Stream from, Stream into)
    {
        byte[] buffer = new byte[1 << 17];
        long total = 0;
        for (int got; (got = from.Read(buffer)) > 0; total += got)
        {
            if (total + got > MaxBytes)
                throw new InvalidDataException($"more than {MaxBytes} bytes");
            into.Write(buffer, 0, got);
        }
    }

    /// <summary>
    /// Magic, then blocks, each behind its packed length, to the end (lib/decompress_unlz4.c).
    /// </summary>
    private static byte[] UnpackLz4(ReadOnlySpan<byte> packed, long expected)
    {
        byte[] block = new byte[Lz4BlockBytes];
        MemoryStream into = new(expected >= 0 ? (int)expected : packed.Length * 4);
        ReadOnlySpan<byte> rest = packed[4..];
        while (rest.Length > 0)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            rest = rest[4..];
            if (length > rest.Length)
                throw new InvalidDataException($"a block of {length} bytes, {rest.Length} left");
            int got = LZ4Codec.Decode(rest[..(int)length], block);
            if (got <= 0 || into.Length + got > MaxBytes)
                throw new InvalidDataException($"a block of {length} bytes does not unpack");
            into.Write(block, 0, got);
            rest = rest[(int)length..];
        }

        return into.Length == into.Capacity ? into.GetBuffer() : into.ToArray();
    }

    private static string FirstLine(string text) => text.Split('\n')[0].TrimEnd('.', ' ', '\r');
}
