using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>What a shell and its users expect of a program, as --help says.</summary>
public sealed class HabitTests
{
    /// <summary>Sets a colour: not the codes that move the cursor.</summary>
    private const string Colour = "\e\\[[0-9;]*(3[0-7]|38;[0-9;]+|9[0-7])[0-9;]*m";

    [Fact]
    public void A_closed_pipe_is_silent_and_no_failure()
    {
        // The reader is gone before the program has begun.
        (string output, string error) = Bash("""
            hc layout --sweep --kernel 6.18 --json | true
            echo "${PIPESTATUS[0]}"
            """);
        Assert.Equal("0\n", output);
        Assert.Equal("", error);
    }

    [Fact]
    public void A_background_job_that_a_shell_started_with_SIGINT_ignored_ends_with_130()
    {
        (string output, string error) = Bash("""
            exec 2>&1
            sh -c 'trap "" INT; exec dotnet exec "$0" restart --model --histories 100000 --json' \
              "$program" >out.$$ &
            job=$!
            # Until it has taken SIGINT up: bit 1 of the caught signals.
            for i in $(seq 1000); do
              caught=$(sed -n 's/^SigCgt:\s*//p' /proc/$job/status)
              (( 0x${caught: -1} & 2 )) && ignored=$(sed -n 's/^SigIgn:\s*//p' /proc/$job/status) &&
                ! (( 0x${ignored: -1} & 2 )) && break
              sleep 0.02
            done
            sleep 0.3
            kill -INT $job
            wait $job
            echo "exit $?"
            cat out.$$
            """);
        Assert.Contains("handlecache: interrupted\n", output, StringComparison.Ordinal);
        Assert.Contains("exit 130\n", output, StringComparison.Ordinal);
        Assert.Contains("\"exitCode\": 130", output, StringComparison.Ordinal);
        Assert.Equal("", error);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("NO_COLOR=1 ", false)]
    public void A_progress_bar_has_colours_on_a_terminal_unless_NO_COLOR_is_set(
        string environment, bool coloured)
    {
        (string output, _) = Bash($$"""
            export TERM=xterm-256color COLUMNS=80 LINES=24
            {{environment}}script -qefc "dotnet exec $program survey $PWD" typescript </dev/null
            """);
        Assert.Contains("repeat: handlecache survey", output, StringComparison.Ordinal);
        Assert.Equal(coloured, Regex.IsMatch(output, Colour));
    }

    [Fact]
    public void What_is_no_terminal_gets_no_progress_bar()
    {
        (string output, string error) = Bash("hc survey \"$PWD\"");
        Assert.DoesNotContain('\e', output);
        Assert.Equal("", error);
    }

    private static (string Output, string Error) Bash(string script)
    {
        string folder = Directory.CreateTempSubdirectory("handlecache-habit-").FullName;
        try
        {
            ProcessStartInfo start = new("bash", [
                "-c", "hc() { dotnet exec \"$program\" \"$@\"; }\n" + script])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["program"] = Path.Combine(
                AppContext.BaseDirectory, "handlecache.dll");
            start.Environment.Remove("NO_COLOR");
            using Process shell = Process.Start(start)!;
            Task<string> error = shell.StandardError.ReadToEndAsync();
            string output = shell.StandardOutput.ReadToEnd();
            shell.WaitForExit();
            return (output, error.GetAwaiter().GetResult());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
