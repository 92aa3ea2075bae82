using System.Text.Json;
using HandleCache.Cli.Common;
using HandleCache.Linux.Tests.Btf;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>`layout`: the struct as pahole has it, the slot placed, what it costs.</summary>
public sealed class LayoutCommandTests
{
    private const string KernelBtf = "/sys/kernel/btf/vmlinux";

    [Fact]
    public void On_this_kernel_every_member_of_fuse_inode_is_where_pahole_says()
    {
        Assert.SkipUnless(File.Exists(KernelBtf), "this kernel shows no BTF");
        Assert.SkipUnless(Pahole.IsInstalled, "pahole is not installed (apt install dwarves)");
        IReadOnlyList<Pahole.Line> expected = Pahole.Read("fuse_inode");
        Assert.SkipWhen(expected.Count == 0, "this kernel's vmlinux has no struct fuse_inode");

        foreach (string[] arguments in (string[][])[["layout", "--inline", "none"], ["layout"]])
        {
            List<Pahole.Line> actual = [];
            Flatten(Cli.Json(arguments).GetProperty("members"), actual);
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void The_default_slot_is_fanotifys_and_free_on_6_18()
    {
        JsonElement layout = Cli.Json("layout", "--kernel", "6.18");
        Assert.Equal(864, layout.GetProperty("sizeof").GetInt32());
        Assert.Equal(896, layout.GetProperty("slabSize").GetInt32());
        Assert.Equal(18, layout.GetProperty("objectsPerSlab").GetInt32());
        Assert.Equal(24, layout.GetProperty("freeTail").GetInt32());
        Assert.Equal(0, layout.GetProperty("deltaBytes").GetDouble());
        Assert.Equal("derived", layout.GetProperty("structHow").GetString());
        Assert.Equal(848, layout.GetProperty("today").GetProperty("sizeof").GetInt32());
        JsonElement slot = layout.GetProperty("members").EnumerateArray().Last();
        Assert.Equal("handle", slot.GetProperty("name").GetString());
        Assert.Equal(844, slot.GetProperty("offset").GetInt32());
    }

    [Theory]
    [InlineData("6.18", 2, "0-40 41-104 105-160")]
    [InlineData("6.18", 1, "0-40 41-160")]
    [InlineData("6.12", 2, "0-20 21-84 85-148 149-160")]
    public void The_step_table_has_a_row_wherever_the_cost_changes(
        string kernel, int cpus, string ranges)
    {
        JsonElement layout = Cli.Json(
            "layout", "--kernel", kernel, "--cpus", $"{cpus}", "--sweep");
        IEnumerable<string> found = layout.GetProperty("steps").EnumerateArray().Select(
            s => $"{s.GetProperty("fromInlineBytes")}-{s.GetProperty("toInlineBytes")}");
        Assert.Equal(ranges, string.Join(' ', found));
    }

    [Theory]
    [InlineData("layout", "--sweep")]
    [InlineData("layout", "--inline", "128", "--header", "v2", "--best-hole")]
    [InlineData("layout", "--kernel", "7.0", "--sweep", "--header", "u16")]
    [InlineData("layout", "--kernel", "5.10", "--after", "inode")]
    [InlineData("layout", "--struct", "sk_buff")]
    [InlineData("slab", "--object-size", "848", "--hwcache-align", "--ctor", "--account")]
    [InlineData("slab", "--object-size", "100", "--rcu", "--freeptr", "--kernel", "7.3")]
    public void Text_is_plain_and_fits_a_mail(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(KernelBtf), "this kernel shows no BTF");
        Cli.Outcome outcome = Cli.Run(arguments);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal("", outcome.Error);
        Cli.AssertPlainText(outcome.Output);
    }

    [Theory]
    [InlineData("unknown kernel '9.9'; known: 5.10, 6.1, 6.12, 6.16, 6.17, 6.18, "
        + "6.19, 7.0, 7.1, 7.2, 7.3, 7.4-fuse-next, this",
        "layout", "--kernel", "9.9")]
    [InlineData("no member 'nosuch'; it has inode, nodeid", "layout", "--kernel", "6.18",
        "--after", "nosuch")]
    [InlineData("inline length 161: not 0..160", "layout", "--kernel", "6.18", "--inline", "161")]
    [InlineData("inline length -1: not 0..160", "layout", "--kernel", "6.18", "--inline=-1")]
    [InlineData("unknown header 'v9'", "layout", "--kernel", "6.18", "--header", "v9")]
    [InlineData("give one", "layout", "--after", "inode", "--best-hole")]
    [InlineData("neither BTF nor ELF", "layout", "--btf", "/etc/passwd")]
    [InlineData("a profile knows struct fuse_inode only", "layout", "--kernel", "6.18",
        "--struct", "inode")]
    [InlineData("object size: 0 is not", "slab", "--object-size", "0")]
    [InlineData("alignment: 24 is not a power of two", "slab", "--object-size", "8", "--align",
        "24")]
    [InlineData("needs --object-size", "slab")]
    [InlineData("9000 CPUs", "slab", "--object-size", "8", "--cpus", "9000")]
    [InlineData("takes no object", "slab", "--verify", "--object-size", "8")]
    [InlineData("/no/such.json: ", "layout", "--kernel", "/no/such.json")]
    public void Bad_input_is_one_line_on_stderr_and_exit_2(
        string message, params string[] arguments)
    {
        Cli.Outcome outcome = Cli.Run(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_profile_given_by_path_is_read_and_a_spoilt_one_names_file_and_field()
    {
        string good = Path.Combine(AppContext.BaseDirectory, "kernels", "7.3.json");
        Assert.Equal(792, Cli.Json("layout", "--kernel", good, "--inline", "none")
            .GetProperty("sizeof").GetInt32());

        string bad = Path.Combine(Path.GetTempPath(), $"spoilt-{Guid.NewGuid():N}.json");
        try
        {
            File.WriteAllText(bad, File.ReadAllText(good).Replace(
                "\"sizeBytes\": 792", "\"sizeBytes\": \"792\"", StringComparison.Ordinal));
            Cli.Outcome outcome = Cli.Run("layout", "--kernel", bad);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains(
                $"{bad}: field 'structs.fuse_inode.sizeBytes': expected an integer",
                outcome.Error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(bad);
        }
    }

    private static void Flatten(JsonElement members, List<Pahole.Line> into)
    {
        foreach (JsonElement member in members.EnumerateArray())
        {
            if (member.TryGetProperty("added", out _))
                continue;
            if (member.TryGetProperty("members", out JsonElement nested))
                Flatten(nested, into);
            into.Add(new Pahole.Line(
                member.GetProperty("name").GetString()!,
                8 * member.GetProperty("offset").GetInt64(),
                member.GetProperty("size").GetInt32()));
        }
    }
}
