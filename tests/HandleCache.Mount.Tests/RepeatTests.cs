using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>The text of a command that mounts ends with the line that repeats it.</summary>
[Collection("mounts, one at a time")]
public class RepeatTests
{
    [Theory]
    [InlineData("--seed ", "validate", "--files", "20", "--directories", "2", "--operations", "20",
        "--scripts", "0")]
    [InlineData("", "scale", "--files", "2000")]
    [InlineData("", "restart", "--kills", "1")]
    [InlineData("", "restart", "--stat-storm", "--seconds", "0.01")]
    public void The_last_line_is_the_command_with_the_seed_that_was_drawn(
        string drawn, params string[] arguments)
    {
        Machine.RequireMount();
        using ProgramRun run = ProgramRun.Finish(arguments);
        Assert.StartsWith(
            $"repeat: handlecache {string.Join(' ', arguments)} {drawn}".TrimEnd(),
            run.Output.TrimEnd('\n').Replace(" \\\n   ", "", StringComparison.Ordinal)
                .Split('\n')[^1],
            StringComparison.Ordinal);
    }
}
