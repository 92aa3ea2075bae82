using System.Buffers.Binary;
using HandleCache.Lab.Guests;
using Xunit;

namespace HandleCache.Lab.Tests.Guests;

/// <summary>What a guest can run: an ELF program that names no loader (elf(5)).</summary>
public sealed class GuestToolsTests : IDisposable
{
    private const string Loader = "/lib64/ld-linux-x86-64.so.2";

    // Elf64_Ehdr and Elf64_Phdr: offsets and lengths.
    private const int Header = 64;
    private const int Part = 56;
    private const ushort Executable = 2;
    private const ushort X86 = 62;
    private const ulong Entry = 0x400000; // One byte of it is not 0.
    private const uint Load = 1;
    private const uint Interpreter = 3;

    private readonly string folder =
        Directory.CreateTempSubdirectory("handlecache-elf-").FullName;

    [Fact]
    public void A_program_that_names_no_loader_is_taken()
    {
        string program = Program([Load, Load], "");
        Assert.Equal("", ElfInterpreter.Of(program));
        GuestTools.Require([], program);
    }

    [Fact]
    public void A_program_that_names_a_loader_is_refused_by_the_loader_s_name()
    {
        string program = Program([Load, Interpreter, Load], Loader + "\0");
        Assert.Equal(Loader, ElfInterpreter.Of(program));
        Assert.Contains(
            $"it needs {Loader}",
            Assert.Throws<BadInputException>(() => GuestTools.Require([], program)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(Header - 1)]
    [InlineData(Header + Part - 1)]
    [InlineData(Header + (2 * Part) + 5)]
    public void A_file_that_ends_too_early_is_no_program(int length)
    {
        string program = Program([Load, Interpreter], Loader + "\0");
        File.WriteAllBytes(program, File.ReadAllBytes(program)[..length]);
        Refused(program);
    }

    [Theory]
    [InlineData(4, 1)] // ELFCLASS32
    [InlineData(16, 1)] // ET_REL
    [InlineData(18, 183)] // EM_AARCH64
    [InlineData(26, 0)] // e_entry: a library
    [InlineData(54, 8)] // e_phentsize
    [InlineData(56, 0)] // e_phnum
    [InlineData(39, 0xff)] // e_phoff
    [InlineData(Header + Part + 15, 0xff)] // p_offset
    [InlineData(Header + Part + 39, 0x7f)] // p_filesz
    public void A_field_that_no_kernel_takes_makes_it_no_program(int at, byte value)
    {
        string program = Program([Load, Interpreter], Loader + "\0");
        byte[] bytes = File.ReadAllBytes(program);
        bytes[at] = value;
        File.WriteAllBytes(program, bytes);
        Refused(program);
    }

    [Fact]
    public void A_script_is_no_program()
    {
        string script = Path.Combine(folder, "script");
        File.WriteAllText(script, "#!/bin/sh\n" + new string('#', Header));
        Refused(script);
    }

    [Fact]
    public void A_busybox_that_needs_a_loader_is_a_package_that_is_missing()
    {
        GuestTools.RequireBusybox(Program([Load], ""));
        Assert.Contains(
            "busybox-static",
            Assert.Throws<MissingRequirementException>(() => GuestTools.RequireBusybox(
                Program([Load, Interpreter], Loader + "\0"))).Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static void Refused(string file)
    {
        Assert.Null(ElfInterpreter.Of(file));
        Assert.Contains(
            "no program for x86-64",
            Assert.Throws<BadInputException>(() => GuestTools.Require([], file)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>A file of program headers, the loader's path behind them.</summary>
    private string Program(uint[] parts, string loader)
    {
        byte[] bytes = new byte[Header + (parts.Length * Part) + loader.Length];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(16), Executable);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(18), X86);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), Entry);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), Header);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(54), Part);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(56), (ushort)parts.Length);
        for (int i = 0; i < parts.Length; i++)
        {
            Span<byte> part = bytes.AsSpan(Header + (i * Part), Part);
            BinaryPrimitives.WriteUInt32LittleEndian(part, parts[i]);
            BinaryPrimitives.WriteUInt64LittleEndian(
                part[8..], (ulong)(bytes.Length - loader.Length));
            BinaryPrimitives.WriteUInt64LittleEndian(part[32..], (ulong)loader.Length);
        }

        System.Text.Encoding.ASCII.GetBytes(loader, bytes.AsSpan(bytes.Length - loader.Length));
        string file = Path.Combine(folder, "program");
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
