using System.Text.Json;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>handlecache scale, small.</summary>
[Collection("mounts, one at a time")]
public class ScaleTests
{
    [Fact]
    public void Every_file_of_the_tree_is_cached_by_the_kernel_and_held_by_the_model()
    {
        Machine.RequireMount();
        (int exitCode, JsonElement document) = ProgramRun.Json("scale", "--files", "20000");
        JsonElement measured = document.GetProperty("measured");

        // 20 directories of 1,000 and the root; the first directory is walked twice.
        Assert.Equal(20_021, measured.GetProperty("walked").GetInt64());
        Assert.Equal(20_021, measured.GetProperty("inodesPeak").GetInt32());
        Assert.Equal(0, measured.GetProperty("walkErrors").GetInt64());
        Assert.Equal("holds", document.GetProperty("verdict").GetString());
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public void A_population_without_files_is_bad_input()
    {
        using ProgramRun run = ProgramRun.Finish("scale", "--files", "0");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--files", run.Error, StringComparison.Ordinal);
    }
}
