using System.Text.Json;
using HandleCache.Cli.Common;
using Xunit;

namespace HandleCache.Cli.Tests;

public class RestartModelCommandTests
{
    [Fact]
    public void The_document_holds_what_the_contract_names_and_the_resolved_options()
    {
        JsonElement document = Cli.Json("restart", "--model", "--histories", "2");
        Assert.Equal("derived", document.GetProperty("kind").GetString());
        Assert.Equal("holds", document.GetProperty("verdict").GetString());
        Assert.Equal(0, document.GetProperty("wrongObject").GetInt64());
        foreach (string name in new[] { "kills", "operations", "errors", "stale", "recovered" })
            Assert.True(document.GetProperty(name).GetInt64() > 0, name);
        Assert.Equal(2, document.GetProperty("options").GetProperty("histories").GetInt32());
        Assert.Equal("life", document.GetProperty("options").GetProperty("nodeIds").GetString());
        Assert.Equal(15, document.GetProperty("rows").GetArrayLength());
    }

    [Fact]
    public void The_text_is_plain_and_prints_the_counterexample()
    {
        Cli.Outcome outcome = Cli.Run(
            "restart", "--model", "--histories", "0", "--dialect", "v2", "--no-parent-handle");
        Assert.Equal(0, outcome.ExitCode);
        Cli.AssertPlainText(outcome.Output);
        Assert.Contains("wrong object in 4 steps", outcome.Output);
        Assert.Contains("replace d", outcome.Output);
    }

    [Theory]
    [InlineData("--dialect", "v9", "unknown dialect 'v9'")]
    [InlineData("--defect", "v9", "unknown defect 'v9'")]
    [InlineData("--nodeids", "v9", "--nodeids is life, inode or counter")]
    [InlineData("--histories", "-1", "--histories is 0 to 100000")]
    public void Bad_input_is_told_and_ends_with_2(string option, string value, string error)
    {
        Cli.Outcome outcome = Cli.Run("restart", "--model", option, value);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(error, outcome.Error);
        Assert.Equal("", outcome.Output);
    }
}
