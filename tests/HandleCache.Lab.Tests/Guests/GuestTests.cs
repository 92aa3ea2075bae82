using System.Globalization;
using System.Text;
using HandleCache.Lab.Guests;
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
    [InlineData(124, "", "", GuestVerdict.Failed, "the guest's time ran out")]
    [InlineData(2, "", "bad", GuestVerdict.Failed, "exit 2: bad")]
    [InlineData(1,
        """
        {"checks":[{"name":"a","mismatches":0},{"name":"b","mismatches":2,"firstMismatch":"m"}]}
        """,
        "", GuestVerdict.Diverge, "b: m")]
    [InlineData(1, "not json", "last\nline", GuestVerdict.Diverge, "line")]
    public void A_verdict_follows_the_exit_code_and_names_the_first_divergence(
        int code, string text, string error, GuestVerdict verdict, string detail) =>
        Assert.Equal((verdict, detail), Read("validate", new()
        {
            ["validate"] = new GuestOutput(code, text, error),
        }));

    [Theory]
    [InlineData("848\n896\n2\n18", GuestVerdict.Match, "")]
    [InlineData("856\n896\n2\n18", GuestVerdict.Diverge, "object_size: 848 derived, 856 in sysfs")]
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
    [InlineData("10.0\n10.4\n11.0\n17.0", GuestVerdict.Match, "15.0 times")]
    [InlineData("10.0 1\n10.4 2\n11.0 3\n17.2 4", GuestVerdict.Diverge, "15.5 times")]
    [InlineData("10.0\n10.4\n11.0", GuestVerdict.Failed, "exit 0")]
    public void A_start_takes_at_most_fifteen_times_as_long_as_busybox(
        string uptimes, GuestVerdict verdict, string detail)
    {
        (GuestVerdict Verdict, string Detail) read = Read("start-up", new()
        {
            ["start-up"] = new GuestOutput(0, uptimes, ""),
        });
        Assert.Equal(verdict, read.Verdict);
        Assert.StartsWith(detail, read.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_without_output_has_failed() =>
        Assert.Equal(GuestVerdict.Failed, Read("slab", []).Verdict);

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
