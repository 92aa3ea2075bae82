using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>However validate ends, no mount and no process stays behind.</summary>
public class EndingTests
{
    public static TheoryData<string, int> Moments()
    {
        TheoryData<string, int> data = [];
        foreach (string signal in new[] { "INT", "TERM" })
        {
            foreach (int milliseconds in new[] { 200, 700, 1500 })
                data.Add(signal, milliseconds);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Moments))]
    public void A_signal_ends_validate_with_130_and_leaves_nothing(string signal, int milliseconds)
    {
        Machine.RequireMount();
        using ProgramRun run = ProgramRun.Start("validate", "--operations", "200000");
        WaitForStage(run);
        Thread.Sleep(milliseconds);
        run.Signal(signal);
        run.Wait();
        Assert.True(run.ExitCode == 130, $"exit {run.ExitCode}: {run.Error}");
        Assert.Empty(Machine.Mounts());
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Kill_leaves_no_mount_and_no_client()
    {
        Machine.RequireMount();
        using ProgramRun run = ProgramRun.Start("validate", "--operations", "200000");
        WaitForStage(run);
        Thread.Sleep(700);
        int processId = run.ProcessId;
        run.Signal("KILL");
        run.Wait();
        Assert.Empty(Machine.Mounts());
        Assert.False(Machine.HasChildren(processId));
    }

    [Fact]
    public void Without_the_right_to_mount_the_exit_code_is_3_and_the_message_says_what_to_do()
    {
        Machine.RequireMount();
        using ProgramRun run = ProgramRun.StartCommand(
            "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
            "env", "HOME=/tmp", "dotnet", "exec", ProgramRun.Assembly, "validate").Wait();
        Assert.True(run.ExitCode == 3, $"exit {run.ExitCode}: {run.Error}");
        Assert.Contains("sudo", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-Ur")]
    [InlineData("-Urm")]
    public void In_a_user_namespace_the_exit_code_is_3_and_the_reason_is_said(string options)
    {
        Machine.RequireMount();
        using ProgramRun run = ProgramRun.StartCommand(
            "unshare", options, "dotnet", "exec", ProgramRun.Assembly, "validate").Wait();
        Assert.True(run.ExitCode == 3, $"exit {run.ExitCode}: {run.Error}");
        Assert.Contains("user namespace", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--source", "/nonexistent")]
    [InlineData("--source", "/proc")]
    [InlineData("--tree-on", "/nonexistent")]
    [InlineData("--strategy", "inline:129")]
    [InlineData("--break", "nothing-like-it")]
    [InlineData("--files", "0")]
    [InlineData("--timeout", "-1")]
    [InlineData("--no-such-option", "1")]
    public void Bad_input_is_exit_code_2_with_one_line(string option, string value)
    {
        Machine.RequireMount();
        using ProgramRun run = ProgramRun.Finish("validate", option, value);
        Assert.True(run.ExitCode == 2, $"exit {run.ExitCode}: {run.Error}");
        Assert.StartsWith("handlecache: ", run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    /// <summary>
    /// The seed and the tree are told on stderr, so the test only waits for the mount.
    /// </summary>
    private static void WaitForStage(ProgramRun run)
    {
        long end = Environment.TickCount64 + 30_000;
        while (!Machine.HasChildren(run.ProcessId) && !run.HasExited)
        {
            Assert.True(Environment.TickCount64 < end, "no client after 30 s");
            Thread.Sleep(20);
        }
    }
}
