using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HandleCache.Cli.Tests;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// The built program as a process of its own, so that a server and its clients are never the
/// test. A run that does not end in time is killed, which ends its connections.
/// </summary>
internal sealed class ProgramRun : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private ProgramRun(string fileName, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(fileName, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    public static string Assembly => Path.Combine(AppContext.BaseDirectory, "handlecache.dll");

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Output => _output.GetAwaiter().GetResult();

    public string Error => _error.GetAwaiter().GetResult();

    /// <summary>Starts <c>handlecache</c> with these arguments.</summary>
    public static ProgramRun Start(params string[] arguments) =>
        new("dotnet", ["exec", Assembly, .. arguments]);

    /// <summary>Starts any command, e.g. a shell that starts the program.</summary>
    public static ProgramRun StartCommand(string fileName, params string[] arguments) =>
        new(fileName, arguments);

    /// <summary>Runs to the end.</summary>
    public static ProgramRun Finish(params string[] arguments) => Start(arguments).Wait();

    /// <summary>Runs with --json; the one document on stdout, as --schema says it is.</summary>
    public static (int ExitCode, JsonElement Document) Json(params string[] arguments)
    {
        using ProgramRun run = Finish([.. arguments, "--json"]);
        Assert.True(run.Output.StartsWith('{'), $"no JSON, exit {run.ExitCode}: {run.Error}");
        using JsonDocument document = JsonDocument.Parse(run.Output);
        DocumentSchema.AssertValid(arguments[0], document.RootElement);
        return (run.ExitCode, document.RootElement.Clone());
    }

    public ProgramRun Wait()
    {
        if (_process.WaitForExit(Patience))
            return this;
        _process.Kill(entireProcessTree: true);
        throw new TimeoutException($"not finished after {Patience}: {Error}");
    }

    /// <summary>Sends a signal by name, "INT", "TERM", "KILL".</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start(
            "kill", ["-" + name, ProcessId.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
