using System.Text.Json;
using HandleCache.Lab.Differential;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>The modelled kernel and the running one, call by call.</summary>
public class DifferentialTests
{
    [Fact]
    public void Random_scripts_look_the_same_on_both_kernels()
    {
        Machine.RequireMount();
        using ProgramRun run = ProgramRun.Finish(
            "differential", "--seed", "20251105", "--scripts", "150");
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        Assert.StartsWith("150 scripts, ", run.Output, StringComparison.Ordinal);
        Assert.Empty(OwnMounts());
    }

    [Fact]
    public void A_divergence_shows_a_short_script_both_streams_and_how_to_repeat_it()
    {
        Machine.RequireMount();
        using ProgramRun run = ProgramRun.Finish(
            "differential", "--seed", "3", "--break", "revalidate-uncounted");
        Assert.True(run.ExitCode == 1, run.Output + run.Error);
        Assert.Contains("running kernel", run.Output, StringComparison.Ordinal);
        Assert.Contains("modelled kernel", run.Output, StringComparison.Ordinal);
        Assert.Contains("FORGET", run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length <= 80, line));
        int calls = run.Output.Split('\n').Count(line => line.Length > 5 && char.IsDigit(line[3]));
        Assert.InRange(calls, 1, 12);

        string[] lines = run.Output.TrimEnd().Split('\n');
        string repeat = string.Join(' ', lines.SkipWhile(line => line != "repeat with:").Skip(1))
            .Replace("\\", "", StringComparison.Ordinal);
        string[] words = repeat.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("handlecache", words[0]);
        using ProgramRun again = ProgramRun.Finish(words[1..]);
        Assert.True(again.ExitCode == 1, $"{repeat}: {again.Output}{again.Error}");
    }

    [Fact]
    public void Validate_has_a_differential_check_which_a_fault_makes_diverge()
    {
        Machine.RequireMount();
        (int exitCode, JsonElement document) = ProgramRun.Json(
            "validate", "--files", "100", "--directories", "10", "--operations", "400",
            "--scripts", "50", "--break", "forget-one-less");
        Assert.Equal(1, exitCode);
        JsonElement check = document.GetProperty("checks").EnumerateArray()
            .Single(c => c.GetProperty("name").GetString() == "differential");
        Assert.True(check.GetProperty("mismatches").GetInt64() == 1, document.ToString());
        JsonElement failed = document.GetProperty("differential").GetProperty("failed");
        Assert.NotEqual(0, failed.GetProperty("calls").GetArrayLength());
        Assert.NotEqual(
            failed.GetProperty("divergence").GetProperty("real").ToString(),
            failed.GetProperty("divergence").GetProperty("model").ToString());
    }

    [Fact]
    public void A_stopped_soak_gives_what_it_found_and_130_and_leaves_nothing()
    {
        Machine.RequireMount();
        using ProgramRun run = ProgramRun.Start(
            "validate", "--files", "50", "--directories", "5", "--operations", "100",
            "--soak", "60", "--json");
        Thread.Sleep(4000);
        run.Signal("TERM");
        run.Wait();
        Assert.True(run.ExitCode == 130, $"exit {run.ExitCode}: {run.Error}");
        Assert.Empty(OwnMounts());
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);

        // A slow machine may not have come so far in this time: then there is no result yet.
        using JsonDocument document = JsonDocument.Parse(run.Output);
        if (document.RootElement.TryGetProperty("error", out JsonElement error))
        {
            Assert.Equal("interrupted", error.GetString());
            Assert.Equal(130, document.RootElement.GetProperty("exitCode").GetInt32());
            return;
        }

        JsonElement part = document.RootElement.GetProperty("differential");
        Assert.True(part.GetProperty("isInterrupted").GetBoolean());
        Assert.Equal("match", document.RootElement.GetProperty("verdict").GetString());
    }

    [Theory]
    [InlineData("validate", "--soak", "0")]
    [InlineData("validate", "--soak", "-1")]
    [InlineData("validate", "--soak", "NaN")]
    [InlineData("validate", "--soak", "1e300")]
    [InlineData("validate", "--scripts", "-1")]
    [InlineData("differential", "--scripts", "0")]
    [InlineData("differential", "--calls", "0")]
    [InlineData("differential", "--calls", "1000000000")]
    [InlineData("differential", "--seed", "-1")]
    [InlineData("differential", "--break", "nothing-like-it")]
    public void Bad_input_is_exit_code_2_with_one_line(string command, string option, string value)
    {
        using ProgramRun run = ProgramRun.Finish(command, option, value);
        Assert.True(run.ExitCode == 2, $"exit {run.ExitCode}: {run.Error}");
        Assert.StartsWith("handlecache: ", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Equal("", run.Output);
    }

    [Fact]
    public void Every_fault_of_the_modelled_kernel_has_a_name_of_its_own() => Assert.Equal(
        DifferentialFaults.All.Count,
            DifferentialFaults.All.Select(f => f.Name).Distinct().Count());

    private static IEnumerable<string> OwnMounts() => Machine.Mounts().Where(
        mount => mount.Contains("handlecache-", StringComparison.Ordinal));
}
