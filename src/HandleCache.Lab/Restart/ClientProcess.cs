using System.Diagnostics;
using System.Globalization;
using HandleCache.Server;

namespace HandleCache.Lab.Restart;

/// <summary>
/// The client of a restart run, started in the mount namespace of the calling thread; the parent
/// itself never touches the mount. It stops when its input ends.
/// </summary>
internal sealed class ClientProcess : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>A call on a mount whose keeper gave up ends only with the mount.</summary>
    private static readonly TimeSpan LongestDeath = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly Task<string> _output;

    private ClientProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
    }

    public bool HasExited => _process.HasExited;

    public static ClientProcess Start(params string[] arguments)
    {
        (string program, string? assembly) = OwnProgram.Find();
        ProcessStartInfo info = new(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (assembly is not null)
            info.ArgumentList.Add(assembly);
        info.ArgumentList.Add(RestartClient.CommandName);
        foreach (string argument in arguments)
            info.ArgumentList.Add(argument);
        return new ClientProcess(Process.Start(info)!);
    }

    /// <summary>SIGKILL in whatever it is doing; what it asked for goes on without it.</summary>
    public void Kill() => _process.Kill();

    public static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>
    /// Tells it to stop and waits for what it prints; null when it hangs or failed.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled before it ended.</exception>
    public string? Finish(TimeSpan patience, CancellationToken cancel)
    {
        _process.StandardInput.Close();
        Stopwatch waited = Stopwatch.StartNew();
        while (!_process.WaitForExit(LookEvery))
        {
            cancel.ThrowIfCancellationRequested();
            if (waited.Elapsed > patience)
                return null;
        }

        return _process.ExitCode == 0 ? _output.Result.Trim() : null;
    }

    /// <summary>
    /// Kills it and what it has started (git), and waits until it is gone: it must not make
    /// another file while its trees are removed.
    /// </summary>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit(LongestDeath);
        _process.Dispose();
    }
}
