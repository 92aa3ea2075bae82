using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>What --plot and report draw.</summary>
public sealed class PlotTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("handlecache-plot-")
        .FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void One_strategy_is_a_point_named_in_the_key_on_the_axis_of_all_lengths()
    {
        string script = Script("--strategy", "inline:12");
        Assert.Contains("set xrange [0:128]", script, StringComparison.Ordinal);
        Assert.Equal(
            ["inline:12", "none (today)", "best: inline:12, as today"], Titles(script));
        Assert.Contains("with points pt 7", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_that_lie_upon_each_other_differ_in_width_and_dashes()
    {
        string script = Script();
        string[] styles = [.. Regex.Matches(script, "with steps (lw .*?) lc").Select(m =>
            m.Groups[1].Value)];
        Assert.True(styles.Length >= 3, script);
        Assert.Equal(styles.Length, styles.Distinct().Count());
        Assert.Equal(Titles(script).Length, Titles(script).Distinct().Count());
    }

    [Fact]
    public void The_best_lengths_are_marked_where_their_line_begins_and_ends()
    {
        string script = Script();
        Assert.Equal("best: inline:40 (= inline:8..40), as today", Titles(script)[^1]);
        string data = File.ReadAllText(Path.Combine(_folder, "p.svg.dat"));
        string[] marks = data.Split("# best")[1].Trim().Split('\n')[1..];
        Assert.Equal(["8", "40"], marks.Select(mark => mark.Split(' ')[0]));
    }

    [Fact]
    public void Pointer_max_is_drawn_by_the_length_of_its_buffer()
    {
        _ = Script();
        string data = File.ReadAllText(Path.Combine(_folder, "p.svg.dat"));
        string[] line = data.Split("# pointer-max:N")[1].Split("\n\n")[0].Split('\n')[1..];
        Assert.Equal(8, int.Parse(line[0].Split(' ')[0], CultureInfo.InvariantCulture));
        Assert.Equal(128 - 8 + 1, line.Length);
    }

    [Fact]
    public void A_report_shows_all_five_dialects_and_designs_of_ones_own()
    {
        string design = Path.Combine(_folder, "mine.json");
        Assert.Equal(0, Cli.Run("design", "--new", design).ExitCode);
        File.WriteAllText(design, File.ReadAllText(design).Replace(
            "\"name\": \"thread\"", "\"name\": \"mine\"", StringComparison.Ordinal));
        string page = Path.Combine(_folder, "page.html");
        Cli.Outcome outcome = Cli.Run(
            "report", "--html", page, "--filesystem", "ext4", "--kernel", "6.18", "--design",
            design);
        SkipWithoutGnuplot(outcome);
        string html = File.ReadAllText(page);
        Assert.Contains(
            "<th>classic</th><th>thread</th><th>v2</th><th>v3</th><th>fusex</th><th>mine</th>",
            html, StringComparison.Ordinal);
        Assert.Contains($"--dialect {design}", html, StringComparison.Ordinal);
        Assert.Contains(">128<", html, StringComparison.Ordinal);
    }

    private static string[] Titles(string script) =>
        [.. Regex.Matches(script, @" title '(.*?)'").Select(m => m.Groups[1].Value)
            .Where(title => !title.Contains("CPUs", StringComparison.Ordinal))];

    private string Script(params string[] options)
    {
        string picture = Path.Combine(_folder, "p.svg");
        SkipWithoutGnuplot(Cli.Run([
            "sweep", "--filesystem", "ext4", "--kernel", "6.18", "--plot", picture,
            "--keep-data", .. options]));
        return File.ReadAllText(picture + ".gp");
    }

    private static void SkipWithoutGnuplot(Cli.Outcome outcome)
    {
        if (outcome.ExitCode == 3)
            Assert.Skip(outcome.Error);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }
}
