using System.CommandLine;
using System.Text.Json;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>Bad input: exit 2, and an error in the words of who typed it.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("--seed: '-1' is not a whole number of 0 or more", "validate", "--seed", "-1")]
    [InlineData("--kills: '2.5' is not a whole number", "restart", "--kills", "2.5")]
    [InlineData("--kills: 1 to 100000", "restart", "--kills", "0")]
    [InlineData("--timeout: 'x' is not a number", "restart", "--timeout", "x")]
    [InlineData(
        "--seconds: more than 0, at most 3600", "restart", "--stat-storm", "--seconds", "0")]
    [InlineData(
        "--workload: 'nope' is not one of git, metadata, mixed, write",
        "restart", "--workload", "nope")]
    [InlineData("Unrecognized command or argument '--bogus'.", "slab", "--bogus")]
    public void Bad_input_is_named_without_a_type_of_the_program(
        string expected, params string[] arguments)
    {
        Cli.Outcome outcome = Cli.Run(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.Equal($"handlecache: {expected}\n", outcome.Error);
    }

    [Theory]
    [InlineData("survey", "/etc", "--save", "/nowhere/mix.json")]
    [InlineData("survey", "/etc", "--plot", "/nowhere/plot.svg")]
    [InlineData("sweep", "--filesystem", "ext4", "--plot", "/nowhere/plot.svg")]
    [InlineData("report", "--html", "/nowhere/page.html")]
    [InlineData("design", "thread", "--filesystem", "ext4", "--html", "/nowhere/page.html")]
    public void Where_a_result_cannot_be_put_is_said_before_the_work(params string[] arguments)
    {
        // Nothing of the experiment is on stdout or stderr: it was not begun.
        Cli.Outcome outcome = Cli.Run(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.Equal(
            $"handlecache: {arguments[^1]}: cannot be written: ENOENT (2)\n", outcome.Error);
    }

    [Fact]
    public void A_cache_that_is_no_folder_is_named_before_anything_is_fetched()
    {
        Cli.Outcome outcome = Cli.Run(
            "kernels", "--kernel", "6.12", "--program", "/usr/bin/busybox",
            "--cache", "/proc/version");
        Assert.SkipWhen(outcome.ExitCode == ExitCode.MissingRequirement, outcome.Error);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.StartsWith(
            "handlecache: --cache: /proc/version: ", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_user_without_a_home_folder_is_asked_for_the_cache(string? home)
    {
        Assert.Equal("/home/u/.cache/handlecache", SharedOptions.CacheIn("/home/u"));
        Assert.Contains(
            "--cache",
            Assert.Throws<BadInputException>(() => SharedOptions.CacheIn(home)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--write", "man", "--write", "")]
    [InlineData("--handles", "sweep", "--handles", "")]
    [InlineData("--save", "survey", "/etc", "--save", "")]
    [InlineData("--tree", "prove", "thread", "--tree", "")]
    [InlineData("--new", "design", "--new", "")]
    [InlineData("--btf", "layout", "--btf", "")]
    [InlineData("PATH", "survey", "")]
    [InlineData("FILE", "merge", "")]
    [InlineData("TRACE", "replay", "")]
    [InlineData("MOUNTPOINT", "mount", "/etc", "")]
    public void An_empty_name_is_named(string expected, params string[] arguments)
    {
        Cli.Outcome outcome = Cli.Run(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.Equal($"handlecache: {expected}: empty\n", outcome.Error);
    }

    [Fact]
    public void A_result_that_cannot_be_saved_is_on_stdout_all_the_same()
    {
        // /dev/full can be written, but holds nothing (full(4)).
        Cli.Outcome outcome = Cli.Run("survey", "/etc", "--save", "/dev/full", "--json");
        Assert.Equal(2, outcome.ExitCode);
        using JsonDocument document = JsonDocument.Parse(outcome.Output);
        DocumentSchema.AssertValid("survey", document.RootElement);
        Assert.StartsWith("handlecache: /dev/full: ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_is_not_saved_over_itself()
    {
        string trace = Path.GetTempFileName();
        try
        {
            File.WriteAllText(trace, "what it held");
            Cli.Outcome outcome = Cli.Run("replay", trace, "--save", trace);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains("not written over", outcome.Error, StringComparison.Ordinal);
            Assert.Equal("what it held", File.ReadAllText(trace));
        }
        finally
        {
            File.Delete(trace);
        }
    }

    [Fact]
    public void What_the_system_forbids_is_one_line_and_not_a_trace()
    {
        ParseResult parsed = new RootCommand().Parse("");
        Assert.Equal(
            ExitCode.CheckFailed,
            CommandRunner.Run(parsed, () => throw new UnauthorizedAccessException("denied")));
    }
}
