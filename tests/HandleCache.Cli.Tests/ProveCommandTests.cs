using HandleCache.Lab.Prove;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>`prove`: what is refused before any package is fetched or kernel booted.</summary>
public sealed class ProveCommandTests
{
    [Theory]
    [InlineData("v3: the kernel module cannot do this design's framing", "v3")]
    [InlineData("unknown design 'nope'", "nope")]
    [InlineData("--kernel: the module is written for 6.12, 7.3, not for '5.10'",
        "thread", "--kernel", "5.10")]
    [InlineData("--strategy: unknown storage strategy 'heap'", "thread", "--strategy", "heap")]
    [InlineData("unknown file system 'nope'", "thread", "--filesystem", "nope")]
    [InlineData("--scripts: 3 to 100000", "thread", "--scripts", "0")]
    [InlineData("--kills: 0 to 100000", "thread", "--kills", "-1")]
    [InlineData("--minutes: 0 to 10000", "thread", "--minutes", "-1")]
    [InlineData("--break: the module has no fault 'nope'; it has compare-lost, ",
        "thread", "--break", "type-lost,nope")]
    public void Bad_input_is_named(string expected, params string[] arguments)
    {
        Cli.Outcome outcome = Cli.Run(["prove", "--program", "/bin/sh", .. arguments]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_faults_of_the_module_are_listed()
    {
        Cli.Outcome outcome = Cli.Run(["prove", "thread", "--break", "list"]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(ModuleFault.Listing(), outcome.Output.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("--type: 'fuse blk' is no file system type", "--type", "fuse blk")]
    [InlineData("--type: '' is no file system type", "--type", "")]
    public void A_type_that_is_no_name_is_refused(string expected, params string[] arguments)
    {
        Cli.Outcome outcome = Cli.Run(["scale", "--files", "1", .. arguments]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
    }
}
