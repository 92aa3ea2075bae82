using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using HandleCache.Linux.Btf;
using Xunit;

namespace HandleCache.Linux.Tests.Btf;

/// <summary>
/// BTF is found in raw files and ELF sections, within its limits of time and memory.
/// </summary>
public sealed class BtfSourceTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("btf-test-");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void A_raw_file_and_an_ELF_section_give_the_same_types()
    {
        byte[] blob = BtfBlob.Small();
        foreach (byte[] content in (byte[][])[blob, Elf(blob)])
        {
            Assert.True(Open(content, out BtfFile? file, out string? error), error);
            Assert.True(BtfStructReader.TryRead(file!, "small", out _, out _));
        }
    }

    [Fact]
    public void Every_truncation_of_an_ELF_file_is_refused()
    {
        byte[] whole = Elf(BtfBlob.Small());
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.False(
                Open(whole[..length], out _, out string? error),
                $"{length} of {whole.Length} bytes were taken for ELF with BTF");
            Assert.False(string.IsNullOrEmpty(error));
        }
    }

    [Theory]
    [InlineData(4, 1, "not 64-bit little-endian")]
    [InlineData(5, 2, "not 64-bit little-endian")]
    [InlineData(0x3a, 32, "section headers of 32 bytes")]
    [InlineData(0x3e, 9, "names in 9")]
    [InlineData(0x2f, 0x7f, "past the file")]
    public void An_ELF_header_that_lies_is_refused(int at, byte value, string expected)
    {
        byte[] elf = Elf(BtfBlob.Small());
        elf[at] = value;
        Assert.False(Open(elf, out _, out string? error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compressed_section_and_one_past_the_file_are_refused()
    {
        byte[] blob = BtfBlob.Small();
        byte[] compressed = Elf(blob);
        compressed[SectionAt(blob, 1) + 0x09] = 0x08;
        Assert.False(Open(compressed, out _, out string? error));
        Assert.Contains("compressed", error, StringComparison.Ordinal);

        byte[] longer = Elf(blob);
        BinaryPrimitives.WriteInt64LittleEndian(
            longer.AsSpan(SectionAt(blob, 1) + 0x20), longer.Length);
        Assert.False(Open(longer, out _, out error));
        Assert.Contains("past the file", error, StringComparison.Ordinal);

        byte[] past = Elf(blob);
        past[SectionAt(blob, 1) + 0x27] = 0x7f;
        Assert.False(Open(past, out _, out error));
        Assert.Contains("past the file", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "too short for BTF")]
    [InlineData("hello, world", "neither BTF nor ELF")]
    public void What_is_no_BTF_is_said_to_be_none(string content, string expected)
    {
        Assert.False(Open(Encoding.ASCII.GetBytes(content), out _, out string? error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/")]
    [InlineData("/no/such/file")]
    public void A_path_that_is_no_file_of_BTF_is_an_error_with_its_name(string path)
    {
        Assert.False(BtfSource.TryOpen(path, null, out _, out string? error));
        Assert.StartsWith(path, error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_running_kernels_BTF_is_read_in_60_MB_and_no_slower_than_12_times_hashing_it()
    {
        Assert.SkipUnless(
            File.Exists(BtfSource.KernelPath), "this kernel shows no BTF (CONFIG_DEBUG_INFO_BTF)");
        Assert.True(ReadFuseInode(out _) > 0);

        // 100 ms for 5 MB is what is asked; time is only compared with a peer in the same run: a
        // SHA-512 of the same file takes about 8 ms where 100 ms are allowed. The best of five
        // of each, in turn: other work on the machine is not what is measured.
        byte[] file = File.ReadAllBytes(BtfSource.KernelPath);
        double best = double.MaxValue;
        double peer = double.MaxValue;
        long bytes = 0;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetTotalAllocatedBytes(true);
            Stopwatch watch = Stopwatch.StartNew();
            ReadFuseInode(out _);
            best = Math.Min(best, watch.Elapsed.TotalMilliseconds);
            bytes = GC.GetTotalAllocatedBytes(true) - before;
            watch.Restart();
            SHA512.HashData(file);
            peer = Math.Min(peer, watch.Elapsed.TotalMilliseconds);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            FormattableString.Invariant(
                $"{best:F1} ms, peer {peer:F1} ms, {bytes / 1048576.0:F1} MiB allocated"));
        Assert.True(best <= 12 * peer, FormattableString.Invariant($"{best} ms, peer {peer} ms"));
        Assert.InRange(bytes, 1, 60L << 20);
    }

    private static int ReadFuseInode(out BtfFile? file)
    {
        Assert.True(BtfSource.TryOpen(BtfSource.KernelPath, null, out file, out string? e), e);
        Assert.True(BtfStructReader.TryRead(file!, "inode", out BtfStruct? read, out _));
        return read!.Members.Count;
    }

    private bool Open(byte[] content, out BtfFile? file, out string? error)
    {
        string path = Path.Combine(_folder.FullName, "blob");
        File.WriteAllBytes(path, content);
        return BtfSource.TryOpen(path, null, out file, out error);
    }

    /// <summary>
    /// Three sections: the empty one, .BTF, .shstrtab; their table ends the file.
    /// </summary>
    private static byte[] Elf(byte[] blob)
    {
        byte[] names = Encoding.ASCII.GetBytes("\0.BTF\0.shstrtab\0");
        byte[] elf = new byte[SectionAt(blob, 3)];
        byte[] ident = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        ident.CopyTo(elf, 0);
        blob.CopyTo(elf, 64);
        names.CopyTo(elf, 64 + blob.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(0x28), (ulong)SectionAt(blob, 0));
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3a), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3c), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3e), 2);
        Section(elf, SectionAt(blob, 1), 1, 64, blob.Length);
        Section(elf, SectionAt(blob, 2), 6, 64 + blob.Length, names.Length);
        return elf;
    }

    private static int SectionAt(byte[] blob, int index) => 64 + blob.Length + 16 + (64 * index);

    private static void Section(byte[] elf, int at, uint name, int offset, int size)
    {
        BtfBlob.Put(elf, at, name);
        BinaryPrimitives.WriteInt64LittleEndian(elf.AsSpan(at + 0x18), offset);
        BinaryPrimitives.WriteInt64LittleEndian(elf.AsSpan(at + 0x20), size);
    }
}
