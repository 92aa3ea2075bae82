using System.Diagnostics;
using HandleCache.Linux;
using HandleCache.Server;

namespace HandleCache.Lab.Nfs;

/// <summary>
/// A mount as a process of its own. Who has files of an export open must not be who starts its
/// servers: execve(2) closes the child's copies of them, and a file with changes is then written
/// back (nfs_file_flush(), fs/nfs/file.c) to the very server that the child is to become.
/// </summary>
internal sealed class MountProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>How the line begins that says so.</summary>
    private const string Serving = "serving ";

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly string _mountPoint;
    private bool _isOver;

    private MountProcess(Process process, string mountPoint)
    {
        _process = process;
        _mountPoint = mountPoint;
        _output = process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Starts it and returns when it serves.</summary>
    /// <param name="arguments">Of this program.</param>
    /// <param name="mountPoint">An existing folder.</param>
    /// <exception cref="IOException">It does not serve.</exception>
    public static MountProcess Start(IEnumerable<string> arguments, string mountPoint)
    {
        (string program, string? assembly) = OwnProgram.Find();
        ProcessStartInfo info = new(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (assembly is not null)
            info.ArgumentList.Add(assembly);
        foreach (string word in arguments)
            info.ArgumentList.Add(word);
        MountProcess started = new(Process.Start(info)!, mountPoint);
        StreamReader error = started._process.StandardError;
        string last = "";
        while (error.ReadLine() is { } line
            && !(last = line).StartsWith(Serving, StringComparison.Ordinal))
        {
        }

        if (!last.StartsWith(Serving, StringComparison.Ordinal))
        {
            started.Dispose();
            throw new IOException($"{string.Join(' ', arguments)}: {last}");
        }

        // What it says of servers that die is not wanted, but must go somewhere.
        _ = error.ReadToEndAsync();
        return started;
    }

    /// <summary>
    /// SIGKILL for every server that its keeper has; returns when there is another.
    /// </summary>
    /// <returns>How many.</returns>
    /// <exception cref="IOException">None comes.</exception>
    public int KillServers()
    {
        IReadOnlyList<int> killed = Processes.ChildrenOf(_process.Id);
        foreach (int server in killed)
            Processes.Signal(server, Processes.Kill);
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (Processes.ChildrenOf(_process.Id).All(killed.Contains))
        {
            if (Environment.TickCount64 > end)
                throw new IOException("the keeper starts no other server");
            Thread.Sleep(5);
        }

        return killed.Count;
    }

    /// <summary>SIGKILL for the process that serves, and what is left of its mount goes.</summary>
    public void Kill()
    {
        _isOver = true;
        _process.Kill();
        _process.WaitForExit();
        Mounts.Unmount(_mountPoint);
    }

    /// <summary>Ends it as Ctrl-C does; its exit code, and the last that it printed.</summary>
    public (int ExitCode, string Output) End()
    {
        _isOver = true;
        Processes.Signal(_process.Id, Processes.Terminate);
        if (!_process.WaitForExit(Patience))
            return (-1, "it does not end");
        return (_process.ExitCode, _output.Result.Trim());
    }

    public void Dispose()
    {
        if (!_isOver)
            End();
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
