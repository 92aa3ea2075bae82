using System.Buffers.Binary;
using System.Text;

namespace HandleCache.Linux.Images;

/// <summary>
/// An x86 boot image (vmlinuz, bzImage) by its setup header, Documentation/arch/x86/boot.rst:
/// real-mode code, then the kernel with its packed vmlinux inside.
/// </summary>
/// <param name="PayloadOffset">Where the packed vmlinux begins in the file, in bytes.</param>
/// <param name="PayloadBytes">Its length, with the unpacked length at its end.</param>
/// <param name="Release">The release by kernel_version of the header; null: it has none.</param>
internal readonly record struct BootImage(
    long PayloadOffset, long PayloadBytes, string? Release)
{
    /// <summary>Bytes of a file that tell whether it is one.</summary>
    public const int HeadBytes = 0x250;

    private const int MagicOffset = 0x202;

    public static bool IsOne(ReadOnlySpan<byte> head) =>
        head.Length >= MagicOffset + 4 && head.Slice(MagicOffset, 4).SequenceEqual("HdrS"u8);

    /// <summary>
    /// Reads the header of a file that <see cref="IsOne"/>; false with a message where its
    /// payload does not lie in the file.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> file, out BootImage image, out string? error)
    {
        image = default;
        if (file.Length < HeadBytes)
        {
            error = "boot image is cut short";
            return false;
        }

        int protocol = BinaryPrimitives.ReadUInt16LittleEndian(file[0x206..]);
        if (protocol < 0x208)
        {
            error = $"boot protocol 0x{protocol:x}: from 0x208 on the payload has an address";
            return false;
        }

        // 0 sectors stand for 4, and the boot sector comes before them.
        int sectors = file[0x1f1] == 0 ? 4 : file[0x1f1];
        long start = ((sectors + 1L) * 512)
            + BinaryPrimitives.ReadUInt32LittleEndian(file[0x248..]);
        long bytes = BinaryPrimitives.ReadUInt32LittleEndian(file[0x24c..]);
        image = new BootImage(start, bytes, ReleaseIn(file));
        error = bytes > 8 && start + bytes <= file.Length
            ? null
            : $"boot image is cut short: its kernel ends at {start + bytes}, the file at "
                + $"{file.Length}";
        return error is null;
    }

    private static string? ReleaseIn(ReadOnlySpan<byte> file)
    {
        int pointer = BinaryPrimitives.ReadUInt16LittleEndian(file[0x20e..]);
        if (pointer == 0 || pointer + 0x200 >= file.Length)
            return null;
        ReadOnlySpan<byte> text = file[(pointer + 0x200)..];
        int end = text[..Math.Min(text.Length, 128)].IndexOfAny((byte)' ', (byte)0);
        return end > 0 ? Encoding.ASCII.GetString(text[..end]) : null;
    }
}
