using System.Diagnostics;
using System.Text.Json;
using HandleCache.Cli.Common;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>Runs the built program as a user does.</summary>
internal static class Cli
{
    internal sealed record Outcome(int ExitCode, string Output, string Error);

    public static Outcome Run(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "handlecache.dll");
        string host = Environment.ProcessPath is { } path
            && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        ProcessStartInfo start = new(host, ["exec", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(
            TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>Runs with --json; stdout must be one document and nothing else, and what
    /// --schema says.</summary>
    public static JsonElement Json(params string[] arguments)
    {
        // Behind -- all words are the server's.
        Outcome outcome = Run(
            arguments.Contains("--json") ? arguments : [.. arguments, "--json"]);
        Assert.True(outcome.ExitCode == 0, $"exit {outcome.ExitCode}: {outcome.Error}");
        using JsonDocument document = JsonDocument.Parse(outcome.Output);
        DocumentSchema.AssertValid(arguments[0], document.RootElement);
        return document.RootElement.Clone();
    }

    public static void AssertPlainText(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            Assert.True(line.Length <= 80, $"{line.Length} columns: {line}");
            Assert.All(line, c => Assert.InRange(c, ' ', '~'));
        }
    }
}
