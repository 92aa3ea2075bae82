using HandleCache.Cli.Common;
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
}
