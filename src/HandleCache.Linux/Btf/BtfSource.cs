namespace HandleCache.Linux.Btf;

/// <summary>
/// Opens BTF: a raw blob as under /sys/kernel/btf, or an ELF file with a .BTF section.
/// </summary>
public static class BtfSource
{
    public const string KernelPath = "/sys/kernel/btf/vmlinux";

    internal const string SectionName = ".BTF";

    /// <summary>Most bytes of BTF read; a vmlinux has 5 to 10 MiB.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>
    /// The types of the file; or false and a whole message in <paramref name="error"/>.
    /// <paramref name="baseFile"/> is vmlinux's for a module, else null.
    /// </summary>
    public static bool TryOpen(
        string path, BtfFile? baseFile, out BtfFile? file, out string? error)
    {
        file = null;
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read);
            if (!TryRead(stream, out byte[] data, out error))
            {
                error = $"{path}: {error}";
                return false;
            }

            bool ok = BtfFile.TryParse(data, baseFile, out file, out BtfError wrong);
            error = ok ? null : $"{path}: {wrong}";
            return ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = $"{path}: {e.Message}";
            return false;
        }
    }

    /// <summary>The BTF bytes of a raw blob or an ELF file.</summary>
    internal static bool TryRead(Stream stream, out byte[] data, out string? error)
    {
        data = [];
        byte[] head = new byte[4];
        int got = stream.ReadAtLeast(head, head.Length, false);
        if (got == head.Length && head.AsSpan().SequenceEqual(ElfFile.Magic))
        {
            if (!stream.CanSeek)
            {
                error = "an ELF file must be seekable";
                return false;
            }

            if (!ElfFile.TryRead(stream, out ElfFile? elf, out error))
                return false;
            byte[]? section = elf!.Section(SectionName, MaxBytes, out error);
            if (section is null)
                error ??= $"ELF has no section {SectionName}";
            data = section ?? [];
            return section is not null;
        }

        if (got < 2 || head[0] != 0x9f || head[1] != 0xeb)
        {
            error = got < 2 ? "too short for BTF" : "neither BTF nor ELF";
            bool swapped = got >= 2 && head[0] == 0xeb && head[1] == 0x9f;
            error = swapped ? "big-endian BTF, only little-endian is read" : error;
            return false;
        }

        return TryReadRest(stream, head.AsSpan(0, got), out data, out error);
    }

    private static bool TryReadRest(
        Stream stream, ReadOnlySpan<byte> head, out byte[] data, out string? error)
    {
        long expected = stream.CanSeek ? Math.Clamp(stream.Length, head.Length, MaxBytes) : 4096;
        byte[] buffer = new byte[expected];
        head.CopyTo(buffer);
        int filled = head.Length;
        while (true)
        {
            if (filled == buffer.Length && filled < MaxBytes)
            {
                int more = stream.ReadByte();
                if (more < 0)
                    break;
                Array.Resize(ref buffer, Math.Min(MaxBytes, buffer.Length * 2));
                buffer[filled++] = (byte)more;
            }

            int got = stream.Read(buffer.AsSpan(filled));
            if (got == 0)
                break;
            filled += got;
        }

        bool whole = filled < MaxBytes || stream.ReadByte() < 0;
        data = !whole ? [] : filled == buffer.Length ? buffer : buffer[..filled];
        error = whole ? null : $"more than {MaxBytes} bytes";
        return whole;
    }
}
