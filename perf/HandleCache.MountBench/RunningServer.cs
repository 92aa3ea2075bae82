using System.Diagnostics;
using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>A server with its mount; both are gone after <see cref="Dispose"/>.</summary>
internal sealed class RunningServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly string _mountPoint;
    private readonly MemoryGroup? _group;

    private RunningServer(Process process, string mountPoint, MemoryGroup? group)
    {
        _process = process;
        _mountPoint = mountPoint;
        _group = group;
    }

    /// <exception cref="IOException">It did not mount in time, or ended.</exception>
    public static RunningServer Start(
        Contender contender, string source, string mountPoint, int timeoutSeconds,
        MemoryGroup? group = null)
    {
        Process process = Process.Start(
            new ProcessStartInfo(
                contender.Program, contender.Arguments(source, mountPoint, timeoutSeconds))
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        RunningServer server = new(process, mountPoint, group);
        try
        {
            group?.Enter(process.Id);
            process.OutputDataReceived += static (_, _) => { };
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            server.WaitForMount(contender.Name);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Resident memory of the process, bytes (VmRSS).</summary>
    public long ResidentBytes => Status("VmRSS:") * 1024;

    /// <summary>
    /// Moves all its threads to one processor. It has started where it liked: a runtime that finds
    /// one processor only compiles otherwise.
    /// </summary>
    public void MoveTo(string processor) => Commands.Require(
        Patience, "taskset", "-a", "-c", "-p", processor,
        _process.Id.ToString(CultureInfo.InvariantCulture));

    public ServerUse Use => ServerUse.Of(_process.Id);

    /// <summary>
    /// Kernel memory charged to the process, bytes; null where it is not counted.
    /// </summary>
    public long? KernelBytes => _group?.KernelBytes;

    public int OpenDescriptors =>
        Directory.EnumerateFileSystemEntries($"/proc/{_process.Id}/fd").Count();

    public void Dispose()
    {
        // Lazy: a load that was killed may still be on its way out of the mount.
        Commands.Run(Patience, "umount", "-l", _mountPoint);
        if (!_process.WaitForExit(Patience))
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void WaitForMount(string name)
    {
        long until = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!IsMounted())
        {
            if (_process.HasExited)
                throw new IOException($"{name} ended with exit code {_process.ExitCode}");
            if (Environment.TickCount64 > until)
                throw new IOException($"{name} did not mount within {Patience.TotalSeconds} s");
            Thread.Sleep(20);
        }

        // INIT has been answered when the root's attributes come.
        Commands.Require(Patience, "stat", "-f", _mountPoint);
    }

    private bool IsMounted() => File.ReadLines("/proc/self/mountinfo")
        .Any(line => line.Split(' ')[4] == _mountPoint);

    private long Status(string field)
    {
        string line = File.ReadLines($"/proc/{_process.Id}/status")
            .First(l => l.StartsWith(field, StringComparison.Ordinal));
        string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(words[1], CultureInfo.InvariantCulture);
    }
}
