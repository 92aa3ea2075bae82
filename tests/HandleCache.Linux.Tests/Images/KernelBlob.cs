using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using HandleCache.Linux.Tests.Btf;

namespace HandleCache.Linux.Tests.Images;

/// <summary>Makes small kernels: ELF with BTF, banner and config, boot images, packages.</summary>
internal static class KernelBlob
{
    /// <summary>
    /// BTF with the structs of FUSE: sizes of inode and fuse_inode in bytes, the last member
    /// of fuse_inode being one byte, as cached_i_blkbits.
    /// </summary>
    public static byte[] FuseBtf(uint inode, uint fuseInode)
    {
        BtfBlob blob = new();
        int u64 = blob.Integer("u64", 8);
        int u8 = blob.Integer("u8", 1);
        int words = blob.Array(u64, inode / 8);
        int base_ = blob.Struct("inode", inode, false, ("i_words", words, 0, 0));
        int rest = blob.Array(u64, ((fuseInode - inode) / 8) - 1);
        blob.Struct("fuse_inode", fuseInode, false,
            ("inode", base_, 0, 0), ("rest", rest, 8 * inode, 0),
            ("cached_i_blkbits", u8, 8 * (fuseInode - 8), 0));
        int three = blob.Array(u64, 3);
        blob.Struct("fuse_forget_link", 24, false, ("words", three, 0, 0));
        return blob.Bytes();
    }

    /// <summary>An ELF file of these sections; type 1 is a module, 2 a kernel.</summary>
    public static byte[] Elf(int type, params (string Name, byte[] Data)[] sections)
    {
        List<byte> body = [.. new byte[64]];
        List<byte> names = [0];
        List<byte> table = [.. new byte[64]];
        foreach ((string name, byte[] data) in
            (IEnumerable<(string, byte[])>)[.. sections, (".shstrtab", [])])
        {
            int nameAt = names.Count;
            names.AddRange(Encoding.ASCII.GetBytes(name + "\0"));
            byte[] content = name == ".shstrtab" ? [.. names] : data;
            byte[] entry = new byte[64];
            BtfBlob.Put(entry, 0, (uint)nameAt);
            BtfBlob.Put(entry, 4, 1);
            BtfBlob.Put(entry, 0x18, (uint)body.Count);
            BtfBlob.Put(entry, 0x20, (uint)content.Length);
            table.AddRange(entry);
            body.AddRange(content);
        }

        byte[] elf = [.. body, .. table];
        ((byte[])[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(elf, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x10), (ushort)type);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x12), 62);
        BtfBlob.Put(elf, 0x28, (uint)body.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3a), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3c), (ushort)(sections.Length + 2));
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3e), (ushort)(sections.Length + 1));
        return elf;
    }

    /// <summary>A kernel with banner; with its configuration where that is given.</summary>
    public static byte[] Vmlinux(byte[]? btf, string release, string? config = null)
    {
        byte[] rodata = Encoding.ASCII.GetBytes(
            $"Linux version %s (%s)\0Linux version {release} (someone@somewhere) #1 SMP\0");
        if (config is not null)
        {
            rodata =
            [
                .. rodata, .. "IKCFG_ST"u8, .. Gzip(Encoding.ASCII.GetBytes(config)),
                .. "IKCFG_ED"u8,
            ];
        }

        return btf is null
            ? Elf(2, (".rodata", rodata))
            : Elf(2, (".rodata", rodata), (".BTF", btf));
    }

    public static byte[] Module(byte[]? btf, string release)
    {
        byte[] about = Encoding.ASCII.GetBytes(
            $"license=GPL\0vermagic={release} SMP preempt mod_unload modversions \0");
        return btf is null
            ? Elf(1, (".modinfo", about))
            : Elf(1, (".modinfo", about), (".BTF", btf));
    }

    /// <summary>A boot image as arch/x86/boot makes it, its payload at byte 0x2400.</summary>
    public static byte[] BootImage(byte[] packed, int unpackedBytes, string release)
    {
        byte[] head = new byte[0x2400];
        head[0x1f1] = 3;
        "HdrS"u8.CopyTo(head.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(0x206), 0x20f);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(0x20e), 0x300);
        BtfBlob.Put(head, 0x248, 0x2400 - (4 * 512));
        BtfBlob.Put(head, 0x24c, (uint)packed.Length + 4);
        Encoding.ASCII.GetBytes($"{release} (someone@somewhere) #1 SMP\0").CopyTo(head, 0x500);
        byte[] size = new byte[4];
        BtfBlob.Put(size, 0, (uint)unpackedBytes);
        return [.. head, .. packed, .. size, .. new byte[512]];
    }

    public static byte[] Gzip(byte[] data)
    {
        using MemoryStream into = new();
        using (GZipStream gzip = new(into, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(data);
        return into.ToArray();
    }

    public static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>What a program makes of bytes on its standard input.</summary>
    public static byte[] Pipe(byte[] input, string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Task writing = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        });
        using MemoryStream output = new();
        process.StandardOutput.BaseStream.CopyTo(output);
        writing.GetAwaiter().GetResult();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.ToArray()
            : throw new InvalidOperationException($"{program}: exit {process.ExitCode}");
    }
}
