using System.Diagnostics;

namespace HandleCache.MountBench;

/// <summary>A program that ended: what it printed, and with which exit code.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>Runs programs with a time limit; whoever runs over it is killed.</summary>
internal static class Commands
{
    /// <exception cref="TimeoutException">It ran longer than the limit.</exception>
    public static CommandResult Run(TimeSpan limit, string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill();
            throw new TimeoutException(
                $"{program} {string.Join(' ', arguments)}: longer than {limit.TotalSeconds} s");
        }

        return new CommandResult(process.ExitCode, output.Result, error.Result);
    }

    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Require(TimeSpan limit, string program, params string[] arguments)
    {
        CommandResult result = Run(limit, program, arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)}: exit code {result.ExitCode}: "
                + result.Error.Trim());
    }
}
