using System.Diagnostics;
using System.Globalization;
using HandleCache.Linux;
using HandleCache.Server.Keeping;

namespace HandleCache.Server.Mounting;

/// <summary>
/// The server of a kept mount: this program again, with a hidden command, born with one end of
/// the keeper's socket. It dies with the thread that started it.
/// </summary>
public sealed class ServerProcess : IServerProcess
{
    /// <summary>The hidden command of the CLI.</summary>
    public const string CommandName = "serve";

    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    public int ProcessId => _process.Id;

    /// <exception cref="IOException">It could not be started.</exception>
    public static ServerProcess Start(MountOptions options, FileDescriptor socket)
    {
        (string program, string? assembly) = OwnProgram.Find();
        ProcessStartInfo info = new(program);
        if (assembly is not null)
            info.ArgumentList.Add(assembly);
        CultureInfo plain = CultureInfo.InvariantCulture;
        string[] arguments =
        [
            CommandName,
            Path.GetFullPath(options.Source),
            "--socket", socket.Number.ToString(plain),
            "--parent", Environment.ProcessId.ToString(plain),
            "--timeout", options.TimeoutSeconds.ToString("R", plain),
            "--readdirplus", options.ReadDirPlus.ToString(),
            "--dialect", options.DialectName,
            "--generation", options.Generation.ToString(plain),
        ];
        foreach (string argument in arguments)
            info.ArgumentList.Add(argument);
        if (options.Export)
            info.ArgumentList.Add("--export");
        if (options.Stateless)
            info.ArgumentList.Add("--stateless");
        if (options.Writeback)
            info.ArgumentList.Add("--writeback");
        try
        {
            return new ServerProcess(Process.Start(info)!);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"cannot start the server: {e.Message}", e);
        }
    }

    public int? WaitForExit(TimeSpan patience) =>
        _process.WaitForExit(patience) ? _process.ExitCode : null;

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
