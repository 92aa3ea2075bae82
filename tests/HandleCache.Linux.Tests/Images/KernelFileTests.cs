using System.Text;
using HandleCache.Linux.Btf;
using HandleCache.Linux.Images;
using HandleCache.Linux.Tests.Btf;
using Xunit;

namespace HandleCache.Linux.Tests.Images;

/// <summary>
/// A kernel is read in every form its users have it in; what is damaged, cut or lacks BTF is
/// named.
/// </summary>
public sealed class KernelFileTests : IDisposable
{
    private const string Release = "9.8.7-test";
    private const StringComparison Ordinal = StringComparison.Ordinal;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kernel-test-");

    public void Dispose() => _folder.Delete(true);

    /// <summary>The commands are those of scripts/Makefile.lib and scripts/xz_wrap.sh.</summary>
    public static TheoryData<string, string> Packers => new()
    {
        { "gzip", "-n -9" },
        { "xz", "--check=crc32 --x86 --lzma2=dict=1MiB" },
        { "xz", "--check=crc32 --lzma2=dict=1MiB" },
        { "zstd", "-22 --ultra" },
        { "lz4", "-l -9 - -" },
    };

    [Theory]
    [MemberData(nameof(Packers))]
    public void A_boot_image_gives_what_the_vmlinux_inside_it_gives(string tool, string options)
    {
        Assert.SkipUnless(KernelBlob.Has(tool), $"{tool} is not installed");
        byte[] vmlinux = WithCode(BtfBlob.Small());
        byte[] packed = KernelBlob.Pipe(vmlinux, tool, options.Split(' '));
        // gzip's length is its own last word already.
        byte[] image = KernelBlob.BootImage(
            tool == "gzip" ? packed[..^4] : packed, vmlinux.Length, Release);

        KernelFile file = Open(image);
        Assert.Equal(Release, file.Release);
        Assert.Equal(62, file.Machine);
        Assert.True(file.Types.FindStruct("small") > 0);

        KernelFile plain = Open(packed);
        Assert.Equal("9.8.0-inside", plain.Release);
        Assert.Equal(file.Types.TypeCount, plain.Types.TypeCount);
    }

    [Theory]
    [MemberData(nameof(Packers))]
    public void A_boot_image_that_is_cut_or_damaged_is_refused(string tool, string options)
    {
        Assert.SkipUnless(KernelBlob.Has(tool), $"{tool} is not installed");
        byte[] vmlinux = WithCode(BtfBlob.Small());
        byte[] packed = KernelBlob.Pipe(vmlinux, tool, options.Split(' '));
        byte[] image = KernelBlob.BootImage(
            tool == "gzip" ? packed[..^4] : packed, vmlinux.Length, Release);
        int payloadEnd = image.Length - 512;
        for (int length = 0; length < payloadEnd; length += 1 + (payloadEnd / 40))
        {
            string expected = length < 0x206 ? "BTF" : "cut";
            Assert.Contains(expected, Refuse(image[..length]).Message, Ordinal);
        }

        // The announced length is part of the payload: one byte less, and it is another.
        byte[] other = [.. image];
        other[payloadEnd - 4] ^= 1;
        Assert.False(Refuse(other).LacksTypes);
        byte[] shorter = KernelBlob.BootImage(packed[..(packed.Length / 2)], vmlinux.Length, "1.2");
        Assert.Contains("damaged or cut", Refuse(shorter).Message, Ordinal);
    }

    [Fact]
    public void The_configuration_in_the_kernel_and_the_one_beside_it_are_read()
    {
        const string Config = "# Linux/x86 9.8.7 Kernel Configuration\nCONFIG_MEMCG=y\n"
            + "CONFIG_PAGE_SHIFT=12\n# CONFIG_SLUB_TINY is not set\nCONFIG_FUSE_FS=m\n";
        KernelFile inside = Open(KernelBlob.Vmlinux(BtfBlob.Small(), Release, Config));
        Assert.Equal("9.8.7", inside.Config!.Release);
        Assert.Equal(12, inside.Config.Number("PAGE_SHIFT"));
        Assert.True(inside.Config.IsSet("MEMCG"));
        Assert.False(inside.Config.IsSet("SLUB_TINY"));
        Assert.False(inside.Config.IsSet("FUSE_FS"));

        File.WriteAllText(Path.Combine(_folder.FullName, $"config-{Release}"), Config);
        byte[] vmlinux = KernelBlob.Vmlinux(BtfBlob.Small(), Release);
        Assert.True(Open(vmlinux, $"vmlinuz-{Release}").Config!.IsSet("MEMCG"));
        Assert.Null(Open(vmlinux, "vmlinuz-9.9.9").Config);
    }

    [Fact]
    public void A_module_goes_on_from_its_own_kernel_and_from_no_other()
    {
        byte[] kernel = BtfBlob.Small();
        Assert.True(BtfFile.TryParse(kernel, null, out BtfFile? types, out _));
        BtfBlob blob = new(types!.TypeCount, BitConverter.ToInt32(kernel, 20));
        blob.Struct("fuse_inode", 8, false, ("first", 1, 0, 0));
        string vmlinux = Write("vmlinux", KernelBlob.Vmlinux(kernel, Release));
        string other = Write("other", KernelBlob.Vmlinux(kernel, "9.8.6-test"));
        string module = Write("fuse.ko", KernelBlob.Module(blob.Bytes(), Release));

        Assert.True(
            KernelFile.TryOpen(module, vmlinux, out KernelFile? file, out KernelFileError? e),
            e?.Message);
        Assert.True(file!.Types.FindStruct("fuse_inode") > 0);
        Assert.True(file.Types.FindStruct("small") > 0);
        Assert.Equal(Release, file.Release);

        Assert.Contains("--btf-base FILE", Refuse(module, null).Message, Ordinal);
        Assert.Contains($"a module of {Release}", Refuse(module, other).Message, Ordinal);
        Assert.Contains("a whole kernel", Refuse(vmlinux, vmlinux).Message, Ordinal);
        string raw = Write("fuse", blob.Bytes());
        Assert.Contains("--btf-base FILE", Refuse(raw, null).Message, Ordinal);
        Assert.True(KernelFile.TryOpen(raw, vmlinux, out _, out e), e?.Message);
    }

    [Fact]
    public void A_kernel_without_BTF_lacks_it_and_still_tells_its_release()
    {
        KernelFileError kernel = Refuse(KernelBlob.Vmlinux(null, "5.4.3-old"));
        Assert.True(kernel.LacksTypes);
        Assert.Equal("5.4.3-old", kernel.Release);
        Assert.Contains("CONFIG_DEBUG_INFO_BTF)", kernel.Message, Ordinal);

        string vmlinux = Write("vmlinux", KernelBlob.Vmlinux(BtfBlob.Small(), "5.10.1"));
        string module = Write("fuse.ko", KernelBlob.Module(null, "5.10.1"));
        KernelFileError lacks = Refuse(module, vmlinux);
        Assert.True(lacks.LacksTypes);
        Assert.Equal("5.10.1", lacks.Release);
        Assert.Contains("CONFIG_DEBUG_INFO_BTF_MODULES", lacks.Message, Ordinal);
    }

    [Fact]
    public void A_big_endian_kernel_is_named_as_one()
    {
        byte[] elf = KernelBlob.Vmlinux(BtfBlob.Small(), Release);
        elf[5] = 2;
        Assert.Contains("big-endian", Refuse(elf).Message, Ordinal);
        byte[] btf = BtfBlob.Small();
        (btf[0], btf[1]) = (btf[1], btf[0]);
        Assert.Contains("big-endian", Refuse(btf).Message, Ordinal);
    }

    [Theory]
    [InlineData("xz")]
    [InlineData("zstd")]
    [InlineData("gzip")]
    public void A_Debian_package_gives_its_kernel_with_module_and_configuration(string packing)
    {
        Assert.SkipUnless(KernelBlob.Has("dpkg-deb"), "dpkg-deb is not installed");
        string tree = Tree();
        string package = Path.Combine(_folder.FullName, "linux-image.deb");
        KernelBlob.Pipe([], "dpkg-deb", $"-Z{packing}", "-b", tree, package);
        CheckPackage(package);
    }

    [Theory]
    [InlineData("xz")]
    [InlineData("zstd")]
    [InlineData("gzip")]
    public void An_RPM_gives_its_kernel_with_module_and_configuration(string packing)
    {
        Assert.SkipUnless(KernelBlob.Has("cpio"), "cpio is not installed");
        Assert.SkipUnless(KernelBlob.Has(packing), $"{packing} is not installed");
        string[] files = [.. Directory.EnumerateFiles(Tree(), "*", SearchOption.AllDirectories)];
        byte[] cpio = KernelBlob.Pipe(
            Encoding.ASCII.GetBytes(string.Join('\n', files)), "cpio", "-oH", "newc", "--quiet");
        // Lead, signature of one entry and 4 bytes (padded to 8), header of one entry.
        byte[] header = [0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4, .. new byte[20]];
        byte[] rpm =
        [
            0xed, 0xab, 0xee, 0xdb, .. new byte[92], .. header, .. new byte[4], .. header,
            .. KernelBlob.Pipe(cpio, packing, "-c"),
        ];
        CheckPackage(Write("kernel-core.rpm", rpm));
    }

    /// <summary>What a kernel's package holds, /boot and modules.</summary>
    private string Tree()
    {
        byte[] kernel = BtfBlob.Small();
        Assert.True(BtfFile.TryParse(kernel, null, out BtfFile? types, out _));
        BtfBlob blob = new(types!.TypeCount, BitConverter.ToInt32(kernel, 20));
        blob.Struct("fuse_inode", 8, false, ("first", 1, 0, 0));
        string tree = Path.Combine(_folder.FullName, "tree");
        string modules = Path.Combine(tree, "lib/modules", Release, "kernel/fs/fuse");
        Directory.CreateDirectory(modules);
        Directory.CreateDirectory(Path.Combine(tree, "boot"));
        Directory.CreateDirectory(Path.Combine(tree, "DEBIAN"));
        File.WriteAllText(
            Path.Combine(tree, "DEBIAN/control"),
            "Package: linux-image\nVersion: 1\nArchitecture: amd64\nMaintainer: x <x@y.z>\n"
            + "Description: x\n");
        File.WriteAllText(Path.Combine(tree, $"boot/config-{Release}"), "CONFIG_SLUB_TINY=y\n");
        byte[] vmlinux = KernelBlob.Vmlinux(kernel, "inside");
        byte[] gzip = KernelBlob.Gzip(vmlinux);
        File.WriteAllBytes(
            Path.Combine(tree, $"boot/vmlinuz-{Release}"),
            KernelBlob.BootImage(gzip[..^4], vmlinux.Length, Release));
        File.WriteAllBytes(
            Path.Combine(modules, "fuse.ko.gz"),
            KernelBlob.Gzip(KernelBlob.Module(blob.Bytes(), Release)));
        return tree;
    }

    private void CheckPackage(string package)
    {
        Assert.True(
            KernelFile.TryOpen(package, null, out KernelFile? file, out KernelFileError? error),
            error?.Message);
        Assert.Equal(Release, file!.Release);
        Assert.True(file.Types.FindStruct("fuse_inode") > 0);
        Assert.True(file.Config!.IsSet("SLUB_TINY"));

        byte[] whole = File.ReadAllBytes(package);
        string cut = Write("cut.package", whole[..(whole.Length - (whole.Length / 3))]);
        Assert.Contains("damaged or cut", Refuse(cut, null).Message, Ordinal);
    }

    /// <summary>
    /// A vmlinux with half a megabyte that is full of what an x86 filter changes, over many
    /// buffers of any reader.
    /// </summary>
    private static byte[] WithCode(byte[] btf)
    {
        byte[] code = new byte[1 << 19];
        Random random = new(7);
        ReadOnlySpan<byte> likely = [0xe8, 0xe9, 0, 0xff, 0xe8, 1, 2, 3];
        for (int i = 0; i < code.Length; i++)
            code[i] = likely[random.Next(likely.Length)];
        byte[] rodata = Encoding.ASCII.GetBytes("Linux version 9.8.0-inside (x) #1\0");
        return KernelBlob.Elf(2, (".text", code), (".rodata", rodata), (".BTF", btf));
    }

    private KernelFile Open(byte[] content, string name = "kernel")
    {
        string path = Write(name, content);
        Assert.True(
            KernelFile.TryOpen(path, null, out KernelFile? file, out KernelFileError? error),
            error?.Message);
        return file!;
    }

    private KernelFileError Refuse(byte[] content) => Refuse(Write("kernel", content), null);

    private static KernelFileError Refuse(string path, string? basePath)
    {
        Assert.False(
            KernelFile.TryOpen(path, basePath, out _, out KernelFileError? error),
            "taken for a whole kernel");
        return error!;
    }

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
