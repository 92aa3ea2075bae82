using System.Text.Json;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>A short soak: killed clients and servers leave no count wrong.</summary>
[Collection("mounts, one at a time")]
public sealed class SoakTests
{
    [Fact]
    public void Kernel_server_and_model_agree_on_every_count_after_kills_of_clients_and_servers()
    {
        Machine.RequireMount();
        (int exitCode, JsonElement document) = ProgramRun.Json("soak", "--minutes", "0.15");

        Assert.True(exitCode == 0, document.ToString());
        JsonElement watched = document.GetProperty("watched");
        JsonElement kept = document.GetProperty("kept");
        Assert.True(watched.GetProperty("load").GetProperty("clientsKilled").GetInt32() > 0);
        Assert.True(kept.GetProperty("serversKilled").GetInt32() > 0);
        Assert.Equal(0, kept.GetProperty("held").GetInt32());
        Assert.Equal(0, kept.GetProperty("files").GetInt32());
        Assert.Contains(
            watched.GetProperty("checks").EnumerateArray(),
            check => check.GetProperty("name").GetString() == "server-table"
                && check.GetProperty("compared").GetInt64() > 0);
        Assert.Equal("holds", document.GetProperty("verdict").GetString());
    }

    [Theory]
    [InlineData("soak")]
    [InlineData("soak --minutes 1 --messages 5")]
    [InlineData("soak --hostile 1 --messages 5")]
    [InlineData("soak --hostile -1")]
    [InlineData("soak --messages 5 --surface nothing")]
    [InlineData("soak --minutes 1 --on /nowhere")]
    public void What_cannot_be_done_is_exit_code_2(string line)
    {
        Machine.RequireMount();
        ProgramRun run = ProgramRun.Finish(line.Split(' '));
        Assert.True(run.ExitCode == 2, run.Error);
    }
}
