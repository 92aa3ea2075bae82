using System.Text.Json;
using HandleCache.Linux.Tests.Images;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>
/// --btf: the output is about the kernel of the file, by its name, its rules and what is known of
/// it.
/// </summary>
public sealed class BtfKernelTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("btf-kernel-");

    public void Dispose() => _folder.Delete(true);

    /// <summary>
    /// 18 slots of 896 in a slab of 16 KiB leave 256 bytes, which hold the 144 of the vector from
    /// 7.0 on; before, they are a kmalloc-192 (SLUB.md, "memcg vector").
    /// </summary>
    [Theory]
    [InlineData("6.19.14-test", 10.84)]
    [InlineData("7.0.13-test", 0)]
    public void The_rules_are_those_of_the_version_in_the_file(string release, double vector)
    {
        string vmlinux = Write("vmlinux", KernelBlob.Vmlinux(
            KernelBlob.FuseBtf(608, 848), release));
        JsonElement layout = Cli.Json("layout", "--btf", vmlinux, "--cpus", "2");
        JsonElement cost = layout.GetProperty("bytesPerInode");
        Assert.Equal(910.22, cost.GetProperty("pages").GetDouble(), 2);
        Assert.Equal(vector, cost.GetProperty("vector").GetDouble(), 2);
        JsonElement kernel = layout.GetProperty("kernel");
        Assert.Equal(release, kernel.GetProperty("name").GetString());
        Assert.Equal(release, kernel.GetProperty("release").GetString());
        Assert.Equal("measured", layout.GetProperty("structHow").GetString());

        JsonElement sweep = Cli.Json(
            "sweep", "--btf", vmlinux, "--cpus", "2", "--filesystem", "ext4");
        Assert.Equal(
            950.22 + vector, sweep.GetProperty("today").GetProperty("bytesPerInode").GetDouble(),
            2);
        JsonElement design = Cli.Json(
            "design", "thread", "--btf", vmlinux, "--cpus", "2", "--filesystem", "ext4",
            "--kernel", "6.18");
        Assert.Equal(
            [release, "6.18"],
            design.GetProperty("memory").EnumerateArray().Select(
                row => row.GetProperty("kernel").GetProperty("name").GetString()));
    }

    [Fact]
    public void What_the_file_does_not_tell_is_said_to_be_assumed()
    {
        byte[] btf = KernelBlob.FuseBtf(608, 848);
        string bare = Write("bare", KernelBlob.Vmlinux(btf, "6.18.1-bare"));
        string told = Write("told", KernelBlob.Vmlinux(
            btf, "6.18.1-told", "CONFIG_SLUB=y\nCONFIG_SLUB_TINY=y\n# CONFIG_MEMCG is not set\n"));
        Assert.Contains("memcg on", Assumed(bare));
        Assert.Contains(Assumed(bare), text => text.EndsWith(" CPUs", StringComparison.Ordinal));
        Assert.Equal(["memcg on"], Assumed(bare, "--cpus", "3"));

        JsonElement kernel = Cli.Json("layout", "--btf", told, "--cpus", "3")
            .GetProperty("kernel");
        Assert.False(kernel.TryGetProperty("assumed", out JsonElement none)
            && none.ValueKind != JsonValueKind.Null);
        Assert.False(kernel.GetProperty("memcg").GetBoolean());
        Assert.Equal(1, kernel.GetProperty("slabMaxOrder").GetInt32());

        Cli.Outcome text = Cli.Run("layout", "--btf", bare, "--cpus", "3");
        Assert.Contains("Kernel 6.18.1-bare, 3 CPUs present", text.Output, Ordinal);
        Assert.Contains("assumed: memcg on", text.Output.ReplaceLineEndings(" "), Ordinal);
        Assert.DoesNotContain("this", text.Output, Ordinal);
    }

    [Fact]
    public void Types_without_a_version_need_a_kernel_whose_rules_hold()
    {
        string raw = Write("raw", KernelBlob.FuseBtf(608, 848));
        Refused(2, "nothing in it tells the kernel's version", "layout", "--btf", raw);
        JsonElement kernel = Cli.Json("layout", "--btf", raw, "--kernel", "7.0")
            .GetProperty("kernel");
        Assert.Equal("7.0", kernel.GetProperty("version").GetString());
        Assert.Equal("raw", kernel.GetProperty("name").GetString());
    }

    [Fact]
    public void What_is_missing_in_a_kernel_is_exit_3_with_the_profile_to_use()
    {
        string old = Write("vmlinux", KernelBlob.Vmlinux(null, "5.10.0-30-test"));
        Refused(3, "use --kernel 5.10", "layout", "--btf", old);
        Refused(3, "use --kernel 6.12", "sweep", "--filesystem", "ext4", "--btf",
            Write("vmlinux", KernelBlob.Vmlinux(null, "6.13.1-test")));
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_exit_2()
    {
        byte[] btf = KernelBlob.FuseBtf(608, 848);
        string vmlinux = Write("vmlinux", KernelBlob.Vmlinux(btf, "6.18.1-test"));
        Refused(2, "--kernel 7.0 is 7.0", "layout", "--btf", vmlinux, "--kernel", "7.0");
        Refused(2, "--btf names that", "layout", "--btf-base", vmlinux);
        Refused(2, "a whole kernel", "layout", "--btf", vmlinux, "--btf-base", vmlinux);
        string slab = Write("slab", KernelBlob.Vmlinux(btf, "6.1.1-slab", "CONFIG_SLAB=y\n"));
        Refused(2, "CONFIG_SLAB", "layout", "--btf", slab);
    }

    private const StringComparison Ordinal = StringComparison.Ordinal;

    private static string[] Assumed(string file, params string[] more) =>
    [
        .. Cli.Json(["layout", "--btf", file, .. more]).GetProperty("kernel")
            .GetProperty("assumed").EnumerateArray().Select(text => text.GetString()!),
    ];

    private static void Refused(int exit, string message, params string[] arguments)
    {
        Cli.Outcome outcome = Cli.Run(arguments);
        Assert.Contains(message, outcome.Error, Ordinal);
        Assert.Equal(exit, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
    }

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
