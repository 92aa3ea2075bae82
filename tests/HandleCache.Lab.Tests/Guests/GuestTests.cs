using System.Diagnostics;
using System.Globalization;
using System.Text;
using HandleCache.Lab.Guests;
using HandleCache.Lab.Memory;
using HandleCache.Linux.Tests.Images;
using Xunit;

namespace HandleCache.Lab.Tests.Guests;

/// <summary>What goes into a guest, and what is made of what comes back; none boots here.</summary>
public sealed class GuestTests
{
    [Fact]
    public void An_initramfs_holds_names_contents_and_links_on_multiples_of_four()
    {
        using MemoryStream archive = new();
        Initramfs initramfs = new(archive);
        initramfs.Folder("bin");
        initramfs.Text("bin/a", "hello", isProgram: true);
        initramfs.Link("bin/sh", "busybox");
        initramfs.End();
        Assert.Equal(
            [
                ("bin", 0x41EDu, ""), ("bin/a", 0x81EDu, "hello"), ("bin/sh", 0xA1FFu, "busybox"),
                ("TRAILER!!!", 0u, ""),
            ],
            Read(archive.ToArray()));
    }

    [Theory]
    [InlineData("arch/x86/boot/bzImage", "make bzImage modules")]
    [InlineData("include/config/kernel.release", "make bzImage modules")]
    [InlineData("Module.symvers", "make bzImage modules")]
    [InlineData("fs/fuse/inode.c", "make bzImage modules")]
    [InlineData(null, null)]
    public void A_tree_of_ones_own_is_taken_when_it_was_built(string? lacks, string? says)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("handlecache-tree-");
        try
        {
            foreach (string name in new[]
            {
                "arch/x86/boot/bzImage", "include/config/kernel.release", "Module.symvers",
                "fs/fuse/inode.c",
            })
            {
                string path = Path.Combine(folder.FullName, name);
                if (name == lacks)
                    continue;
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, "6.12.117-kasan\n");
            }

            if (says is not null)
            {
                BadInputException error = Assert.Throws<BadInputException>(
                    () => OwnTree.Of(folder.FullName, "6.12"));
                Assert.Contains(says, error.Message, StringComparison.Ordinal);
                return;
            }

            ModuleKernel kernel = OwnTree.Of(folder.FullName, "6.12");
            Assert.Equal("6.12.117-kasan", kernel.Kernel.Release);
            Assert.True(kernel.MayChange);
            Assert.Throws<BadInputException>(() => OwnTree.Of(folder.FullName, "6.1"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_output_of_each_command_comes_back_without_signs_of_life()
    {
        string results = "#alive 1.0\r\n# a\r\n#begin a 0\r\n{\"x\": 1}\r\n#alive 6.1\r\n"
            + "#error\r\nwhat\r\n#end a\r\n#begin b 124\r\n#error\r\n#end b\r\n#done\r\n";
        IReadOnlyDictionary<string, GuestOutput> outputs = GuestJob.Parse(results);
        Assert.Equal(new GuestOutput(0, "{\"x\": 1}", "what"), outputs["a"]);
        Assert.Equal(new GuestOutput(124, "", ""), outputs["b"]);
    }

    [Fact]
    public void A_job_that_breaks_off_gives_what_had_ended() => Assert.Equal(
        ["a"], GuestJob.Parse("#begin a 0\nx\n#error\n#end a\n#begin b 0\nhalf").Keys);

    [Theory]
    [InlineData(0, "", "", GuestVerdict.Match, "")]
    [InlineData(3, "", "needs Linux 6.9", GuestVerdict.NotOffered, "needs Linux 6.9")]
    [InlineData(4, "", "drop_slab ran", GuestVerdict.Undecided, "drop_slab ran")]
    [InlineData(124, "", "", GuestVerdict.Failed, "nothing moved in the guest for 2 minutes")]
    [InlineData(
        152, "", "made", GuestVerdict.Failed,
        "it was killed, or used up its processor time: made")]
    [InlineData(2, "", "bad", GuestVerdict.Failed, "exit 2: bad")]
    [InlineData(1,
        """
        {"checks":[{"name":"a","mismatches":0},{"name":"b","mismatches":2,"firstMismatch":"m"}]}
        """,
        "", GuestVerdict.Diverge, "b: m")]
    [InlineData(1, "not json", "last\nline", GuestVerdict.Diverge, "line")]
    public void A_verdict_follows_the_exit_code_and_names_the_first_divergence(
        int code, string text, string error, GuestVerdict verdict, string detail) =>
        Assert.Equal((verdict, detail), Read("restart", new()
        {
            ["restart"] = new GuestOutput(code, text, error),
        }));

    [Theory]
    [InlineData("differential", "init-offer", 0, 7, GuestVerdict.Undecided)]
    [InlineData("init-offer", "differential", 0, 7, GuestVerdict.Undecided)]
    [InlineData("slab-objects", "differential", 0, 7, GuestVerdict.Match)]
    [InlineData("differential", "init-offer", 900, 7, GuestVerdict.Match)]
    public void Scripts_that_were_not_compared_are_no_match(
        string first, string second, int ofFirst, int ofSecond, GuestVerdict verdict) =>
        Assert.Equal(
            (verdict, verdict == GuestVerdict.Match ? "" : $"{first} not compared: why"),
            Read("validate", new()
            {
                ["validate"] = new GuestOutput(
                    0,
                    $$"""
                    {"checks":[{"name":"{{first}}","compared":{{ofFirst}},"notCompared":"why"},
                    {"name":"{{second}}","compared":{{ofSecond}}}]}
                    """,
                    ""),
            }));

    [Theory]
    [InlineData("848\n896\n2\n18\n0\n0\n0", GuestVerdict.Match, "")]
    [InlineData(
        "856\n896\n2\n18\n0\n0\n0", GuestVerdict.Diverge,
        "object_size: 848 derived, 856 in sysfs")]
    [InlineData(
        "848\n1024\n3\n32\n1\n1\n0", GuestVerdict.NotOffered, SlabVerifyRow.DebugReason)]
    public void A_layout_is_compared_with_sysfs(
        string sysfs, GuestVerdict verdict, string detail) =>
        Assert.Equal((verdict, detail), Read("layout", new()
        {
            ["layout"] = new GuestOutput(
                0,
                """{"today":{"sizeof":848,"slabSize":896,"order":2,"objectsPerSlab":18}}""", ""),
            ["sysfs"] = new GuestOutput(0, sysfs, ""),
        }));

    [Theory]
    [InlineData(1.5, 4, GuestVerdict.Match, "15.0 times")]
    [InlineData(1.55, 4, GuestVerdict.Diverge, "15.5 times")]
    [InlineData(1.4, 3, GuestVerdict.Match, "14.0 times")]
    public void A_start_takes_at_most_fifteen_times_as_long_as_busybox_in_the_median_round(
        double seconds, int rounds, GuestVerdict verdict, string detail)
    {
        // The other rounds met something else: 30 times, or once.
        StringBuilder text = new();
        double at = 10;
        for (int round = 0; round < 7; round++)
        {
            double own = round < rounds ? seconds : round % 2 == 0 ? 3 : 0.1;
            foreach (double end in new[] { at, at + 0.1, at + 0.1 + own })
                text.Append(CultureInfo.InvariantCulture, $"{end:0.00} 1.00\n");
            at += 0.1 + own;
        }

        (GuestVerdict Verdict, string Detail) read = Read("start-up", new()
        {
            ["start-up"] = new GuestOutput(0, text.ToString(), ""),
        });
        Assert.Equal(verdict, read.Verdict);
        Assert.StartsWith(detail, read.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_whose_clock_was_not_read_has_failed() => Assert.Equal(
        GuestVerdict.Failed,
        Read("start-up", new() { ["start-up"] = new GuestOutput(0, "10.0\n10.4\n", "") })
            .Verdict);

    [Fact]
    public void A_check_without_output_has_failed() =>
        Assert.Equal(GuestVerdict.Failed, Read("slab", []).Verdict);

    [Fact]
    public void Modules_are_loaded_behind_what_they_need_each_once()
    {
        using TempFolder folder = new();
        (string File, string Needs)[] modules =
        [
            ("nfsd.ko", "lockd,sunrpc,nfs_acl"), ("lockd.ko", "grace,sunrpc"),
            ("nfs-acl.ko", "sunrpc"), ("sunrpc.ko", ""), ("grace.ko", ""), ("other.ko", ""),
        ];
        foreach ((string file, string needs) in modules)
        {
            File.WriteAllBytes(folder.In(file), KernelBlob.Elf(
                1, (".modinfo", Encoding.ASCII.GetBytes($"depends={needs}\0"))));
        }

        // What has no file is built in.
        Assert.Equal(
            ["grace", "sunrpc", "lockd", "nfs_acl", "nfsd"],
            new ModuleTree(folder.Path).LoadOrder(["fuse", "nfsd", "lockd"])
                .Select(module => module.Name));
    }

    [Fact]
    public void A_damaged_module_is_a_missing_requirement()
    {
        using TempFolder folder = new();
        File.WriteAllText(folder.In("fuse.ko"), "x");
        Assert.Throws<MissingRequirementException>(
            () => new ModuleTree(folder.Path).LoadOrder(["fuse"]));
    }

    [Theory]
    [InlineData("", GuestVerdict.NotOffered, SlabVerifyRow.DebugReason)]
    [InlineData(
        """
        ,{"name":"dentry","derived":{"order":0},"measured":{"order":1},"reason":"no"}
        """,
        GuestVerdict.Diverge, "dentry: derived {\"order\":0}, measured {\"order\":1}")]
    public void Caches_with_debugging_are_not_compared_others_are(
        string more, GuestVerdict verdict, string detail) => Assert.Equal(
            (verdict, detail),
            Read("slab", new()
            {
                ["slab"] = new GuestOutput(
                    1,
                    $$"""{"mismatches":[{"name":"a","reason":"{{SlabVerifyRow.DebugReason}}"}"""
                        + more + "]}",
                    ""),
            }));

    [Fact]
    public void An_unknown_check_is_bad_input() => Assert.Throws<BadInputException>(
        () => GuestChecks.Of(Options with { Checks = ["nfs4"] }));

    [Fact]
    public void What_repeats_a_verdict_has_all_that_it_hangs_on() => Assert.Equal(
        "handlecache kernels --kernel 7.3 --checks restart --cpus 8 --scripts 5 --kills 6 "
            + "--seed 7 --append 'slub_debug=FZPU slab_nomerge'",
        KernelLab.Repeat("7.3", "restart", Options with
        {
            Cpus = 8,
            Scripts = 5,
            Kills = 6,
            Seed = 7,
            Append = "slub_debug=FZPU slab_nomerge",
        }));

    [Fact]
    public void A_job_is_a_script_whose_commands_come_back_with_their_exit_codes()
    {
        using TempFolder folder = new();
        string results = folder.In("results");
        File.WriteAllText(results, "");
        File.WriteAllText(folder.In("job"), GuestJob.Of(
        [
            new GuestCommand("one", "echo a; echo b >&2; exit 3", 10),
            new GuestCommand("two", "ulimit -t", 77),
        ]).Replace("/dev/ttyS1", results, StringComparison.Ordinal)
            .Replace("/out/", folder.Path + "/", StringComparison.Ordinal));
        using Process sh = Process.Start(new ProcessStartInfo("sh", [folder.In("job")]))!;
        sh.WaitForExit();
        string text = File.ReadAllText(results);
        Assert.EndsWith(GuestJob.Done + "\n", text, StringComparison.Ordinal);
        IReadOnlyDictionary<string, GuestOutput> outputs = GuestJob.Parse(text);
        Assert.Equal(new GuestOutput(3, "a", "b"), outputs["one"]);
        Assert.Equal(new GuestOutput(0, "77", ""), outputs["two"]);
    }

    [Fact]
    public void A_full_run_repeats_each_boot_with_its_own_settings()
    {
        IReadOnlyList<GuestBoot> boots = GuestBoot.Of(Options with { Full = true, Seed = 5 });
        Assert.Equal(
            ["", "-2", "-3", "-cpu1", "-cpu8", "-debug", "-nomerge", "-nokmem"],
            boots.Select(boot => boot.Suffix));
        Assert.Equal([5UL, 6UL, 7UL], boots.Take(3).Select(boot => boot.Options.Seed));
        Assert.All(boots, boot => Assert.Equal(300, boot.Options.Scripts));
        Assert.Equal([2, 2, 2, 1, 8, 2, 2, 2], boots.Select(boot => boot.Options.Cpus));
        Assert.Equal("slub_debug=FZPU", boots[5].Options.Append);
        Assert.All(
            boots.Skip(3), boot => Assert.Equal(["slab", "layout"], boot.Options.Checks));
    }

    [Fact]
    public void A_guest_is_lost_by_what_it_uses_and_not_by_the_clock()
    {
        GuestPulse starved = new();
        for (int look = 0; look < 10_000; look++)
            Assert.False(starved.IsLost(TimeSpan.FromSeconds(1), wantsProcessor: true));
        GuestPulse busy = new();
        busy.Line(TimeSpan.FromSeconds(100));
        Assert.False(busy.IsLost(TimeSpan.FromSeconds(340), wantsProcessor: true));
        Assert.True(busy.IsLost(TimeSpan.FromSeconds(341), wantsProcessor: true));
        busy.Line(TimeSpan.FromSeconds(341));
        Assert.False(busy.IsLost(TimeSpan.FromSeconds(342), wantsProcessor: true));
        GuestPulse asleep = new();
        for (int look = 0; look < 750; look++)
            Assert.False(asleep.IsLost(TimeSpan.Zero, wantsProcessor: false));
        Assert.True(asleep.IsLost(TimeSpan.Zero, wantsProcessor: false));
        asleep.Line(TimeSpan.Zero);
        Assert.False(asleep.IsLost(TimeSpan.Zero, wantsProcessor: false));
    }

    private static KernelLabOptions Options => new() { Program = "p", Cache = "c" };

    private static (GuestVerdict Verdict, string Detail) Read(
        string check, Dictionary<string, GuestOutput> outputs) =>
        GuestChecks.Of(Options).Single(c => c.Name == check).Read(outputs);

    /// <summary>Entries as init/initramfs.c of Linux reads them.</summary>
    private static List<(string Name, uint Mode, string Content)> Read(byte[] archive)
    {
        List<(string, uint, string)> entries = [];
        int at = 0;
        while (at < archive.Length)
        {
            string head = Encoding.ASCII.GetString(archive, at, 110);
            Assert.StartsWith("070701", head, StringComparison.Ordinal);
            uint Field(int n) => uint.Parse(
                head.AsSpan(6 + (8 * n), 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            int nameBytes = (int)Field(11);
            string name = Encoding.ASCII.GetString(archive, at + 110, nameBytes - 1);
            int content = (at + 110 + nameBytes + 3) / 4 * 4;
            int bytes = (int)Field(6);
            entries.Add((name, Field(1), Encoding.ASCII.GetString(archive, content, bytes)));
            at = (content + bytes + 3) / 4 * 4;
        }

        return entries;
    }
}
