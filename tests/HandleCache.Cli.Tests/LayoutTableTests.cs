using System.Diagnostics;
using System.Text.Json;
using HandleCache.Linux.Tests.Btf;
using HandleCache.Linux.Tests.Images;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>`layout` and `sweep` as one table: several lengths, all configurations.</summary>
public sealed class LayoutTableTests : IDisposable
{
    /// <summary>The members behind struct inode as in fs/fuse/fuse_i.h, by size.</summary>
    private const string Source = """
        struct inode { unsigned long words[76]; };
        struct fuse_forget_link { unsigned long words[3]; };
        struct fuse_inode {
            struct inode inode;
            unsigned long nodeid, nlookup;
            struct fuse_forget_link *forget;
            unsigned long i_time; unsigned inval_mask; unsigned short orig_i_mode;
            unsigned long times[2], orig_ino, attr_version, cache[11], state, mutex[4];
            unsigned lock;
        #ifdef DAX
            void *dax;
        #endif
            void *submount_lookup;
        #ifdef FB
            void *fb;
        #endif
            unsigned char cached_i_blkbits;
        } a;
        """;

    /// <summary>21 of them share a page (SLUB.md).</summary>
    private const double Kmalloc192 = 4096.0 / 21;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("layout-");

    public void Dispose() => _folder.Delete(true);

    /// <summary>
    /// 896 bytes hold 848 and a slot of 4 + 40; one byte more is a slot of 960, of which 17 and
    /// not 18 fit 16 KiB: 16384/17 - 16384/18 and as much of the kmalloc-192 that the vector is.
    /// </summary>
    [Fact]
    public void Several_inline_lengths_are_rows_of_one_table()
    {
        JsonElement[] rows = [.. Cli.Json("layout", "--kernel", "6.18", "--inline", "12,40,41")
            .GetProperty("lengths").EnumerateArray()];
        Assert.Equal([12, 40, 41], rows.Select(r => r.GetProperty("inlineBytes").GetInt32()));
        Assert.Equal([896, 896, 960], rows.Select(r => r.GetProperty("slabSize").GetInt32()));
        double more = (16384.0 / 17) - (16384.0 / 18) + (Kmalloc192 / 17) - (Kmalloc192 / 18);
        Assert.Equal(
            [0, 0, Math.Round(more, 6)],
            rows.Select(r => Math.Round(r.GetProperty("deltaBytes").GetDouble(), 6)));

        JsonElement[] swept = [.. Cli.Json(
            "sweep", "--kernel", "6.18", "--filesystem", "ext4", "--inline", "12,40,41")
            .GetProperty("rows").EnumerateArray()];
        Assert.Equal(
            ["inline:12", "inline:40", "inline:41"],
            swept.Select(r => r.GetProperty("strategy").GetString()));
        Assert.Equal(more, swept[2].GetProperty("deltaBytes").GetDouble(), 6);
        Cli.AssertPlainText(
            Cli.Run("layout", "--kernel", "6.18", "--inline", "12,40,41").Output);
    }

    [Fact]
    public void The_matrix_has_the_struct_that_a_compiler_lays_out_for_each_configuration()
    {
        Assert.SkipUnless(KernelBlob.Has("gcc") && Pahole.IsInstalled, "needs gcc and pahole");
        string both = Compile("-DDAX", "-DFB");
        JsonElement[] rows = Rows(both, "6.18");
        Assert.Equal(2 * 2 * 2 * 6, rows.Length);
        foreach ((bool dax, bool fb) in
            (IEnumerable<(bool, bool)>)[(true, true), (true, false), (false, true), (false, false)])
        {
            List<string> defines = dax ? ["-DDAX"] : [];
            if (fb)
                defines.Add("-DFB");
            string own = Compile([.. defines]);
            int expected = Cli.Json("layout", "--btf", own, "--kernel", "6.18", "--inline", "none")
                .GetProperty("sizeof").GetInt32();
            Assert.All(
                rows.Where(r => Is(r, "dax", dax) && Is(r, "passthrough", fb)),
                r => Assert.Equal(expected, r.GetProperty("sizeof").GetInt32()));
            // From the other side: members are added as well as taken away.
            Assert.All(
                Rows(own, "6.18").Zip(rows),
                pair => Assert.Equal(Plain(pair.First), Plain(pair.Second)));
        }

        Assert.All(
            rows.Where(r => Is(r, "own", true)),
            r => Assert.True(Is(r, "dax", true) && Is(r, "passthrough", true)));
    }

    [Fact]
    public void Passthrough_is_in_the_matrix_from_6_9_on_and_memcg_off_has_no_vector()
    {
        JsonElement[] old = Rows(null, "6.1");
        Assert.All(old, r => Assert.True(Is(r, "passthrough", false)));
        // sysfs of 6.1: slots of 832, 19 in a slab of order 2; the vector of 152 is a kmalloc-192.
        JsonElement on = old.Single(r => Is(r, "own", true) && Cpus(r) == 2);
        JsonElement off = old.Single(
            r => Is(r, "dax", true) && Is(r, "memcg", false) && Cpus(r) == 2);
        Assert.Equal(16384.0 / 19, off.GetProperty("todayBytes").GetDouble(), 6);
        Assert.Equal((16384 + Kmalloc192) / 19, on.GetProperty("todayBytes").GetDouble(), 6);
        Assert.Equal([3], Rows(null, "7.3", "--cpus", "3").Select(Cpus).Distinct());
        Cli.AssertPlainText(Cli.Run("layout", "--kernel", "6.18", "--matrix").Output);
    }

    [Theory]
    [InlineData("its struct fuse_inode are not known", "layout", "--matrix", "--kernel", "5.10")]
    [InlineData("--matrix is for one", "layout", "--matrix", "--kernel", "6.1", "--inline", "1,2")]
    [InlineData("neither is the place 'best-hole'", "layout", "--kernel", "5.10", "--best-hole")]
    [InlineData("neither is the place 'best-hole'", "sweep", "--kernel", "5.10", "--best-hole",
        "--filesystem", "ext4")]
    [InlineData("v2-refuse-longest is a defect of v2", "restart", "--model", "--dialect", "v3",
        "--defect", "v2-refuse-longest")]
    [InlineData("v2-refuse-longest is a defect of v2", "restart", "--model", "--dialect", "v3",
        "--defect", "v3-null-handle-unequal", "--defect", "v2-refuse-longest")]
    [InlineData("length 161", "layout", "--kernel", "6.1", "--inline", "12,161")]
    [InlineData("''", "layout", "--kernel", "6.1", "--inline", "12,,16")]
    public void A_table_that_cannot_be_made_is_exit_2(string message, params string[] arguments)
    {
        Cli.Outcome outcome = Cli.Run(arguments);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(2, outcome.ExitCode);
    }

    private static JsonElement[] Rows(string? btf, string kernel, params string[] more) =>
    [
        .. Cli.Json(
            ["layout", "--matrix", "--kernel", kernel, .. btf is null ? [] : Btf(btf), .. more])
            .GetProperty("matrix").EnumerateArray(),
    ];

    private static string[] Btf(string file) => ["--btf", file];

    private static bool Is(JsonElement row, string name, bool value) =>
        row.GetProperty(name).GetBoolean() == value;

    private static int Cpus(JsonElement row) => row.GetProperty("presentCpus").GetInt32();

    /// <summary>The row without whose configuration it is.</summary>
    private static string Plain(JsonElement row) => string.Join(
        ' ', row.EnumerateObject().Where(p => p.Name != "own").Select(p => p.ToString()));

    private string Compile(params string[] defines)
    {
        string name = Path.Combine(_folder.FullName, "fuse" + string.Concat(defines));
        File.WriteAllText(name + ".c", Source);
        Tool("gcc", ["-g", "-c", "-o", name + ".o", name + ".c", .. defines]);
        Tool("pahole", ["-J", name + ".o"]);
        return name + ".o";
    }

    private static void Tool(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
