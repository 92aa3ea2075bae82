using System.CommandLine;
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
        Assert.SkipUnless(
            File.Exists("/usr/bin/qemu-system-x86_64") && File.Exists("/usr/bin/busybox"),
            "needs qemu-system-x86, busybox-static");
        Cli.Outcome outcome = Cli.Run(
            "kernels", "--kernel", "6.12", "--program", "/usr/bin/busybox",
            "--cache", "/proc/version");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.StartsWith(
            "handlecache: --cache: /proc/version: ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_without_a_home_folder_is_asked_for_the_cache()
    {
        Assert.Equal("/home/u/.cache/handlecache", SharedOptions.CacheIn("/home/u"));
        Assert.Contains(
            "--cache",
            Assert.Throws<BadInputException>(() => SharedOptions.CacheIn("")).Message,
            StringComparison.Ordinal);
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
