using System.Diagnostics;
using System.Globalization;
using HandleCache.Linux;
using HandleCache.Server.Keeping;

namespace HandleCache.Server.Mounting;

/// <summary>
/// The server of a mount that outlives it: this program again, with a hidden command, born with one
/// end of the keeper's socket or with the device. It dies with the thread that started it.
/// </summary>
public sealed class ServerProcess : IServerProcess
{
    /// <summary>The hidden command of the CLI.</summary>
    public const string CommandName = "serve";

    /// <summary>That of a server whose device is held.</summary>
    public const string HeldCommandName = "serve-held";

    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    public int ProcessId => _process.Id;

    /// <exception cref="IOException">It could not be started.</exception>
    public static ServerProcess Start(MountOptions options, FileDescriptor socket)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(socket);
        List<string> arguments =
        [
            CommandName, .. Common(options), "--socket", Text(socket.Number),
            "--readdirplus", options.ReadDirPlus.ToString(), "--dialect", options.DialectName,
        ];
        if (options.Export)
            arguments.Add("--export");
        if (options.Stateless)
            arguments.Add("--stateless");
        if (options.Writeback)
            arguments.Add("--writeback");
        return Launch(arguments);
    }

    /// <summary>The server of a held device; its dialect is a design, as written.</summary>
    /// <exception cref="IOException">It could not be started.</exception>
    public static IServerProcess StartHeld(
        MountOptions options, FileDescriptor device, byte[] init, ulong life)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(device);
        return Launch(HeldArguments(options, device, init, life));
    }

    /// <summary>The command line of the server of a held device.</summary>
    public static IReadOnlyList<string> HeldArguments(
        MountOptions options, FileDescriptor device, byte[] init, ulong life)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(device);
        return
        [
            HeldCommandName, .. Common(options), "--device", Text(device.Number),
            "--design", options.DialectName, "--init", Convert.ToHexStringLower(init),
            "--life", life.ToString(CultureInfo.InvariantCulture),
            .. options.Export ? ["--export"] : Array.Empty<string>(),
        ];
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

    private static IEnumerable<string> Common(MountOptions options) =>
    [
        Path.GetFullPath(options.Source),
        "--parent", Text(Environment.ProcessId),
        "--timeout", options.TimeoutSeconds.ToString("R", CultureInfo.InvariantCulture),
        "--generation", options.Generation.ToString(CultureInfo.InvariantCulture),
    ];

    private static ServerProcess Launch(IEnumerable<string> arguments)
    {
        (string program, string? assembly) = OwnProgram.Find();
        ProcessStartInfo info = new(program);
        if (assembly is not null)
            info.ArgumentList.Add(assembly);
        foreach (string argument in arguments)
            info.ArgumentList.Add(argument);
        try
        {
            return new ServerProcess(Process.Start(info)!);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"cannot start the server: {e.Message}", e);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
