using System.ComponentModel;
using System.Diagnostics;

namespace HandleCache.Lab.Guests;

/// <summary>Runs a program of the machine to its end.</summary>
internal static class Tool
{
    /// <summary>What a program came to.</summary>
    internal sealed record Outcome(int ExitCode, string Output, string Error);

    /// <param name="program">Its name.</param>
    /// <param name="arguments">Its own.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="folder">Where it runs; null: where this process does.</param>
    /// <param name="environment">What it is given beside this process's own.</param>
    /// <exception cref="MissingRequirementException">There is no such program.</exception>
    public static Outcome Run(
        string program, IEnumerable<string> arguments, CancellationToken cancel,
        string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? "",
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using Process process = Start(start);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using CancellationTokenRegistration killed = cancel.Register(() => Kill(process));
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        cancel.ThrowIfCancellationRequested();
        return new Outcome(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Runs a program that has to succeed; what it printed.</summary>
    /// <exception cref="MissingRequirementException">There is none, or it failed.</exception>
    public static string Require(
        string program, IEnumerable<string> arguments, CancellationToken cancel,
        string? folder = null)
    {
        Outcome outcome = Run(program, arguments, cancel, folder);
        return outcome.ExitCode == 0
            ? outcome.Output
            : throw new MissingRequirementException(
                $"{program} failed ({outcome.ExitCode}): {LastLine(outcome.Error)}");
    }

    /// <exception cref="MissingRequirementException">There is no such program.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)
                ?? throw new MissingRequirementException($"{start.FileName} does not start");
        }
        catch (Win32Exception e)
        {
            throw new MissingRequirementException($"{start.FileName}: {e.Message}", e);
        }
    }

    /// <summary>Ends a process that may have ended.</summary>
    public static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static string LastLine(string text) =>
        text.TrimEnd().Split('\n')[^1].Trim();
}
