using System.Text;
using HandleCache.Linux.Btf;

namespace HandleCache.Linux.Images;

/// <summary>
/// What one file says of a kernel: vmlinux, a boot image, a module, raw BTF, or one of them
/// packed.
/// </summary>
/// <param name="Name">Path, and the place in its package, for messages.</param>
/// <param name="Btf">The bytes of its BTF.</param>
/// <param name="IsModule">Its types go on from those of a kernel.</param>
/// <param name="Release">uname -r of the kernel, or null.</param>
/// <param name="Machine">e_machine of its ELF file; 0 where there is none.</param>
/// <param name="Config">What IKCONFIG keeps, or null.</param>
internal sealed record KernelPart(
    string Name, byte[] Btf, bool IsModule, string? Release, int Machine, KernelConfig? Config)
{
    private const int MaxDepth = 3;
    private const int MaxSectionBytes = 256 << 20;

    /// <summary>Reads it from a stream that can go back, from its beginning.</summary>
    public static bool TryRead(
        string name, Stream stream, out KernelPart? part, out KernelFileError? error) =>
        TryRead(name, stream, null, MaxDepth, out part, out error);

    private static bool TryRead(
        string name, Stream stream, string? release, int depth,
        out KernelPart? part, out KernelFileError? error)
    {
        part = null;
        byte[] head = new byte[BootImage.HeadBytes];
        int got = stream.ReadAtLeast(head, head.Length, false);
        ReadOnlySpan<byte> there = head.AsSpan(0, got);
        stream.Position = 0;
        if (there.StartsWith(ElfFile.Magic))
            return TryElf(name, stream, release, out part, out error);
        bool boot = BootImage.IsOne(there);
        string? packing = boot ? null : Packing.NameOf(there);
        if (!boot && packing is null)
            return TryRaw(name, stream, release, there, out part, out error);
        if (depth == 0 || stream.Length > Packing.MaxBytes)
            return Fail($"{name}: packed too often, or too long", out error);

        byte[] file = new byte[stream.Length];
        stream.ReadExactly(file);
        ReadOnlyMemory<byte> payload = file;
        if (boot)
        {
            if (!BootImage.TryRead(file, out BootImage image, out string? wrong))
                return Fail($"{name}: {wrong}", out error);
            payload = payload.Slice((int)image.PayloadOffset, (int)image.PayloadBytes);
            release = image.Release;
        }

        return Packing.TryUnpack(payload, boot, out byte[] inner, out string? damaged)
            ? TryRead(name, new MemoryStream(inner), release, depth - 1, out part, out error)
            : Fail($"{name}: {damaged}", out error);
    }

    private static bool TryElf(
        string name, Stream stream, string? release,
        out KernelPart? part, out KernelFileError? error)
    {
        part = null;
        if (!ElfFile.TryRead(stream, out ElfFile? elf, out string? wrong))
            return Fail($"{name}: {wrong}", out error);
        byte[]? about = elf!.IsRelocatable
            ? elf.Section(".modinfo", MaxSectionBytes, out wrong)
            : null;
        bool module = about is not null;
        byte[]? constants = module ? null : elf.Section(".rodata", MaxSectionBytes, out _);
        release = about is not null
            ? Word(about, "vermagic="u8)
            : release ?? Banner(constants);
        if (wrong is not null)
            return Fail($"{name}: {wrong}", out error);
        byte[]? btf = elf.Section(BtfSource.SectionName, BtfSource.MaxBytes, out wrong);
        if (wrong is not null)
            return Fail($"{name}: {wrong}", out error);
        if (btf is null)
        {
            error = new KernelFileError(
                true,
                $"{name}: ELF has no section .BTF (built without "
                + (module ? "CONFIG_DEBUG_INFO_BTF_MODULES, which came with 5.11)"
                    : "CONFIG_DEBUG_INFO_BTF)"),
                release);
            return false;
        }

        KernelConfig? config = constants is null ? null : KernelConfig.Find(constants);
        part = new KernelPart(name, btf, module, release, elf.Machine, config);
        error = null;
        return true;
    }

    private static bool TryRaw(
        string name, Stream stream, string? release, ReadOnlySpan<byte> head,
        out KernelPart? part, out KernelFileError? error)
    {
        part = null;
        if (head.Length > 0x3c && head[0x38..].StartsWith("ARMd"u8))
            return Fail($"{name}: an arm64 image has no section table; take vmlinux", out error);
        if (!BtfSource.TryRead(stream, out byte[] btf, out string? wrong))
            return Fail($"{name}: {wrong}", out error);
        part = new KernelPart(name, btf, BtfFile.GoesOn(btf), release, 0, null);
        error = null;
        return true;
    }

    /// <summary>The release of linux_banner (init/version-timestamp.c), or null.</summary>
    private static string? Banner(ReadOnlySpan<byte> constants)
    {
        ReadOnlySpan<byte> banner = "Linux version "u8;
        while (constants.IndexOf(banner) is >= 0 and int at)
        {
            constants = constants[(at + banner.Length)..];
            if (constants.Length > 0 && char.IsAsciiDigit((char)constants[0]))
                return UpToBlank(constants);
        }

        return null;
    }

    private static string? Word(ReadOnlySpan<byte> data, ReadOnlySpan<byte> key) =>
        data.IndexOf(key) is >= 0 and int at ? UpToBlank(data[(at + key.Length)..]) : null;

    private static string UpToBlank(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOfAny((byte)' ', (byte)0);
        return Encoding.ASCII.GetString(end < 0 ? text : text[..end]);
    }

    private static bool Fail(string message, out KernelFileError? error)
    {
        error = new KernelFileError(false, message);
        return false;
    }
}
