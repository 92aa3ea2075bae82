using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>A design of one's own in place of a dialect's name, on the running kernel.</summary>
[Collection("mounts, one at a time")]
public sealed class DesignMountTests : IDisposable
{
    private readonly string _folder =
        Directory.CreateTempSubdirectory("handlecache-design-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("u16", "u16", 24)]
    [InlineData("u8", "u32", 127)]
    public void Handles_up_to_the_designs_own_maximum_travel_and_the_model_agrees(
        string size, string type, int maximum)
    {
        string file = Write(size, type, maximum);
        (int exitCode, JsonElement document) = ProgramRun.Json(
            "validate", "--dialect", file, "--seed", "3", "--files", "40", "--directories", "4",
            "--operations", "60", "--scripts", "3", "--dialect-scripts", "2");
        Assert.True(exitCode == 0, document.ToString());
        Assert.True(document.GetProperty("handlesSpilled").GetInt64() > 0);
    }

    [Theory]
    [InlineData("fusex-april")]
    [InlineData("fusex-compound")]
    public void A_form_of_the_messages_without_handles_serves_todays_kernel_by_a_bridge(
        string design)
    {
        (int exitCode, JsonElement document) = ProgramRun.Json(
            "validate", "--dialect", design, "--seed", "3", "--files", "40", "--directories",
            "4", "--operations", "60", "--scripts", "5", "--dialect-scripts", "2");
        Assert.True(exitCode == 0, document.ToString());
        Assert.Equal("match", document.GetProperty("verdict").GetString());
    }

    [Fact]
    public void A_keeper_is_not_for_a_design_that_makes_and_opens_files_apart()
    {
        string file = Path.Combine(_folder, "compound.json");
        File.WriteAllText(file, """{ "name": "own", "framing": "fusex-compound" }""");
        using ProgramRun run = ProgramRun.Finish(
            ["restart", "--kills", "1", "--dialect", file]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("has no CREATE", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_killed_servers_successor_gets_its_objects_by_handles_of_the_design()
    {
        (int exitCode, JsonElement document) = ProgramRun.Json(
            "restart", "--kills", "2", "--interval", "500", "--dialect", Write("u16", "u16", 24));
        Assert.True(exitCode == 0, document.ToString());
        Assert.Equal(0, document.GetProperty("wrongObject").GetInt64());
    }

    [Theory]
    [InlineData("validate")]
    [InlineData("mount", ".", ".")]
    public void A_design_without_a_type_is_bad_input_for_a_server_of_a_real_tree(
        params string[] command)
    {
        string file = Write("u32", "none", 64);
        using ProgramRun run = ProgramRun.Finish([.. command, "--dialect", file]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(
            "carries no handle type, which open_by_handle_at needs", run.Error,
            StringComparison.Ordinal);
    }

    /// <summary>A plain design that differs from `thread` in how handles are written.</summary>
    private string Write(string size, string type, int maximum)
    {
        JsonObject design = new()
        {
            ["name"] = "own",
            ["negotiation"] = new JsonObject { ["maximum"] = maximum },
            ["handle"] = new JsonObject { ["size"] = size, ["type"] = type, ["array"] = 0 },
        };
        string path = Path.Combine(_folder, "own.json");
        File.WriteAllText(path, design.ToJsonString());
        return path;
    }
}
