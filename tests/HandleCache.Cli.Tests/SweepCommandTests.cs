using System.Text.Json;
using HandleCache.Cli.Common;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>`sweep`, `survey`, `compare` and `report` as a user meets them.</summary>
public sealed class SweepCommandTests : IDisposable
{
    private readonly string _folder =
        Directory.CreateTempSubdirectory("handlecache-sweep-").FullName;

    [Fact]
    public void The_json_of_sweep_has_a_row_per_strategy_the_best_and_totals()
    {
        JsonElement sweep = Cli.Json(
            "sweep", "--filesystem", "btrfs", "--kernel", "6.18", "--inodes", "10M");
        JsonElement best = sweep.GetProperty("best");
        Assert.Equal("inline:40", best.GetProperty("strategy").GetString());
        Assert.Equal(0, best.GetProperty("deltaBytes").GetDouble());
        double perInode = best.GetProperty("bytesPerInode").GetDouble();
        Assert.Equal(1e7 * perInode, best.GetProperty("totalBytes").GetDouble(), 1);
        JsonElement spilled = sweep.GetProperty("rows").EnumerateArray()
            .Single(r => r.GetProperty("strategy").GetString() == "inline:12");
        Assert.Equal(1, spilled.GetProperty("spilledShare").GetDouble());
        Assert.Equal(40, spilled.GetProperty("deltaBytes").GetDouble(), 0.01);
        Assert.Equal("derived", sweep.GetProperty("how").GetString());
        Assert.Equal("measured", sweep.GetProperty("mix").GetProperty("how").GetString());
    }

    [Theory]
    [InlineData("sweep", "--filesystem", "container-host", "--kernel", "6.1", "--inodes", "10M",
        "--simulate", "20K")]
    [InlineData("compare", "--filesystem", "container-host", "--kernel", "6.18")]
    public void Text_answers_first_is_plain_and_fits_a_mail(params string[] arguments)
    {
        Cli.Outcome outcome = Cli.Run(arguments);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Cli.AssertPlainText(outcome.Output);
        Assert.Contains("container-host", outcome.Output.Split('\n')[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown file system 'zfs'; known: btrfs", "sweep", "--filesystem", "zfs")]
    [InlineData("give --filesystem NAME or --handles FILE", "sweep")]
    [InlineData("unknown kernel '9.9'; known: 5.10", "sweep", "--filesystem", "xfs", "--kernel",
        "9.9")]
    [InlineData("not a count such as", "sweep", "--filesystem", "xfs", "--inodes", "many")]
    [InlineData("unknown storage strategy 'heap'", "sweep", "--filesystem", "xfs", "--strategy",
        "heap")]
    [InlineData("/no/such: ENOENT", "survey", "/no/such")]
    [InlineData("unknown dialect 'v9'; known: classic, thread", "compare", "--filesystem", "xfs",
        "--kernel", "6.18", "--dialect", "v9")]
    [InlineData("a plot is FILE.svg or FILE.png", "sweep", "--filesystem", "xfs", "--plot",
        "x.gif")]
    [InlineData("give --plot", "sweep", "--filesystem", "xfs", "--keep-data")]
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
    public void A_spoilt_mix_names_file_line_and_field()
    {
        string file = Path.Combine(_folder, "mix.json");
        File.WriteAllText(file, """
            { "schemaVersion": 1, "name": "m", "how": "measured", "origin": "o",
              "lengths": [
                { "type": "0x1", "bytes": 129, "share": 1 } ] }
            """);
        Cli.Outcome outcome = Cli.Run("sweep", "--handles", file, "--kernel", "6.18");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(
            $"{file}: line 3, field 'lengths[0].bytes': expected an integer 0..128, found 129",
            outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_known_defect_of_the_proposals_is_shown_by_running_it()
    {
        JsonElement compare = Cli.Json("compare", "--filesystem", "btrfs", "--kernel", "6.18");
        JsonElement[] defects = [.. compare.GetProperty("defects").EnumerateArray()];
        Assert.All(defects, d => Assert.True(
            d.GetProperty("shown").GetBoolean(), d.GetProperty("name").GetString()));

        // PROPOSALS.md section 3; 0 is told in section 2.
        Assert.Equal(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            defects.Select(d => d.GetProperty("item").GetInt32()).Distinct().Order());
        Assert.Equal(
            11, compare.GetProperty("questions").GetArrayLength());
    }

    [Fact]
    public void Compare_counts_bytes_as_the_proposals_have_them()
    {
        // btrfs, 20 bytes: out header 16, entry 128; thread +8+128, v2 +8+20 (section 2).
        JsonElement compare = Cli.Json("compare", "--filesystem", "btrfs", "--kernel", "6.18");
        Dictionary<string, double> lookups = compare.GetProperty("rows").EnumerateArray()
            .ToDictionary(
                row => row.GetProperty("dialect").GetString()!,
                row => row.GetProperty("operations")[0].GetProperty("replyBytes").GetDouble());
        Assert.Equal(144, lookups["classic"]);
        Assert.Equal(280, lookups["thread"]);
        Assert.Equal(172, lookups["v2"]);
    }

    [Theory]
    [InlineData("plot.svg", "<svg")]
    [InlineData("plot.png", "PNG")]
    public void A_plot_is_drawn_with_its_data_kept_beside(string name, string magic)
    {
        string plot = Path.Combine(_folder, name);
        Cli.Outcome outcome = Cli.Run(
            "sweep", "--filesystem", "btrfs", "--kernel", "6.18", "--plot", plot, "--keep-data");
        Assert.SkipWhen(outcome.ExitCode == 3, "gnuplot is not installed");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains(
            magic, File.ReadAllText(plot)[..200], StringComparison.Ordinal);
        Assert.True(File.Exists(plot + ".gp") && File.Exists(plot + ".dat"));
    }

    [Theory]
    [InlineData("inline:12", "inline:12")]
    [InlineData("inline:12+cache:64", "inline:12+cache:64")]
    [InlineData("inline-only:32", "inline-only:32")]
    [InlineData("static:4", "static:4 (refuses some of the mix)")]
    [InlineData("pointer", "pointer (RFC v3)")]
    [InlineData("pointer-max:64", "pointer-max:64 (RFC v1/v2)")]
    public void A_single_strategy_is_drawn_under_its_name(string strategy, string name)
    {
        string plot = Path.Combine(_folder, "one.svg");
        Cli.Outcome outcome = Cli.Run(
            "sweep", "--filesystem", "btrfs", "--kernel", "6.18", "--strategy", strategy,
            "--plot", plot, "--keep-data");
        Assert.SkipWhen(
            outcome.ExitCode == 3 && outcome.Error.Contains("apt", StringComparison.Ordinal),
            "gnuplot is not installed");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        string data = File.ReadAllText(plot + ".dat");
        Assert.StartsWith($"# {name}\n", data, StringComparison.Ordinal);
        // One point is no line: gnuplot would draw nothing of it.
        int points = data.Split("\n\n\n")[0].Split('\n')
            .Count(line => line.Length > 0 && line[0] != '#');
        Assert.Equal(
            points == 1,
            File.ReadAllText(plot + ".gp").Contains("with points pt 7", StringComparison.Ordinal));
    }

    /// <summary>RFC v3 allocates with GFP_KERNEL; the sweep accounts unless told not to.</summary>
    [Fact]
    public void Sweep_and_compare_agree_on_what_a_pointer_costs_where_neither_accounts_it()
    {
        double posted = Cli.Json(
            "compare", "--filesystem", "btrfs", "--kernel", "6.18", "--dialect", "v3")
            .GetProperty("rows")[0].GetProperty("storageDeltaBytes").GetDouble();
        double Swept(params string[] more) => Cli.Json([
            "sweep", "--filesystem", "btrfs", "--kernel", "6.18", "--strategy", "pointer", .. more,
        ]).GetProperty("best").GetProperty("deltaBytes").GetDouble();
        Assert.Equal(posted, Swept("--unaccounted"), 6);
        // A vector of 8 bytes for each buffer of its slab.
        Assert.Equal(posted + 8, Swept(), 2);
        Assert.Contains(
            "--unaccounted",
            Cli.Run("sweep", "--filesystem", "btrfs", "--kernel", "6.18").Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_is_one_page_that_loads_nothing()
    {
        string html = Path.Combine(_folder, "report.html");
        Cli.Outcome outcome = Cli.Run(
            "report", "--html", html, "--filesystem", "btrfs", "--kernel", "6.18");
        Assert.SkipWhen(outcome.ExitCode == 3, "gnuplot is not installed");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        string page = File.ReadAllText(html);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.Contains(
            "handlecache sweep --filesystem btrfs --kernel 6.18", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        foreach (string loads in (string[])["src=", "href=\"http", "@import", "url(", "<script"])
            Assert.DoesNotContain(loads, page, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
