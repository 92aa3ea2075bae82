using System.Buffers.Binary;
using System.Text;

namespace HandleCache.Lab.Guests;

/// <summary>
/// The loader that a program names (PT_INTERP, elf(5)): what the kernel starts in its place.
/// </summary>
internal static class ElfInterpreter
{
    // Elf64_Ehdr and Elf64_Phdr.
    private const int ClassAt = 4;
    private const byte Class64 = 2;
    private const int TypeAt = 16;
    private const ushort Executable = 2;
    private const ushort Dynamic = 3;
    private const int MachineAt = 18;
    private const ushort X86 = 62;
    private const int EntryAt = 24;
    private const int HeadersAt = 32;
    private const int HeaderBytesAt = 54;
    private const int HeaderCountAt = 56;
    private const int FileHeaderBytes = 64;
    private const int OffsetAt = 8;
    private const int LengthAt = 32;
    private const int HeaderBytes = 56;
    private const uint Interpreter = 3;

    /// <summary>The kernel takes no longer one (load_elf_binary, PATH_MAX).</summary>
    private const int LongestPath = 4096;

    /// <summary>
    /// Its path; empty where the program needs none, null where the file is no program for x86-64.
    /// </summary>
    public static string? Of(string file)
    {
        using FileStream stream = File.OpenRead(file);
        Span<byte> header = stackalloc byte[FileHeaderBytes];
        if (!Read(stream, 0, header) || !header.StartsWith("\u007fELF"u8)
            || header[ClassAt] != Class64
            || BinaryPrimitives.ReadUInt16LittleEndian(header[TypeAt..])
                is not (Executable or Dynamic)
            || BinaryPrimitives.ReadUInt16LittleEndian(header[MachineAt..]) != X86
            || BinaryPrimitives.ReadUInt64LittleEndian(header[EntryAt..]) == 0)
            return null;
        ulong at = BinaryPrimitives.ReadUInt64LittleEndian(header[HeadersAt..]);
        int step = BinaryPrimitives.ReadUInt16LittleEndian(header[HeaderBytesAt..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[HeaderCountAt..]);
        if (count == 0 || step < HeaderBytes)
            return null;
        Span<byte> part = stackalloc byte[HeaderBytes];
        for (int i = 0; i < count; i++)
        {
            if (!Read(stream, at + (ulong)(i * step), part))
                return null;
            if (BinaryPrimitives.ReadUInt32LittleEndian(part) != Interpreter)
                continue;
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(part[LengthAt..]);
            if (length is 0 or > LongestPath)
                return null;
            byte[] path = new byte[length];
            return Read(stream, BinaryPrimitives.ReadUInt64LittleEndian(part[OffsetAt..]), path)
                ? Encoding.UTF8.GetString(path.AsSpan().TrimEnd((byte)0))
                : null;
        }

        return "";
    }

    private static bool Read(FileStream stream, ulong at, Span<byte> into)
    {
        if (at > (ulong)stream.Length)
            return false;
        stream.Position = (long)at;
        return stream.ReadAtLeast(into, into.Length, throwOnEndOfStream: false) == into.Length;
    }
}
