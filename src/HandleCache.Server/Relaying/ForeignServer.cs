using System.Diagnostics;
using System.Globalization;
using HandleCache.Linux;

namespace HandleCache.Server.Relaying;

/// <summary>
/// Somebody else's FUSE server, started with one end of a SEQPACKET socket as its device. libfuse
/// and go-fuse take <c>/dev/fd/N</c> as mount point and then speak FUSE on that descriptor. Its
/// standard output goes to ours for errors.
/// </summary>
public sealed class ForeignServer : IDisposable
{
    /// <summary>
    /// Where in the command the mount point goes; at the end where it is not named.
    /// </summary>
    public const string MountPointMark = "{}";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private const int ShellSignal = 128;
    private const int MostSignals = 64;

    private static readonly TimeSpan SayingPatience = TimeSpan.FromMilliseconds(300);

    /// <summary>What the server and all that it starts are known by.</summary>
    private const string MarkVariable = "HANDLECACHE_SERVER";

    private readonly Process _process;
    private readonly ProcessTree _tree;
    private readonly ManualResetEventSlim _hasSaid;
    private bool _disposed;

    private ForeignServer(
        Process process, ProcessTree tree, PacketSocket socket, ManualResetEventSlim hasSaid)
    {
        _process = process;
        _tree = tree;
        _hasSaid = hasSaid;
        Socket = socket;
    }

    /// <summary>Our end; a receive of nothing means that the server is gone.</summary>
    public PacketSocket Socket { get; }

    /// <param name="command">The server and its arguments.</param>
    /// <param name="report">Told each line that it prints, from any thread.</param>
    /// <param name="takesErrors">
    /// Lines on its standard error, too; else they go where ours go.
    /// </param>
    /// <param name="standIn">
    /// For a server that mounts by itself; null for one that takes <c>/dev/fd/N</c>.
    /// </param>
    /// <exception cref="IOException">The command cannot be started.</exception>
    public static ForeignServer Start(
        IReadOnlyList<string> command, Action<string> report, bool takesErrors = false,
        MountStandIn? standIn = null)
    {
        (PacketSocket mine, PacketSocket theirs) = PacketSocket.CreatePair();
        PacketSocket? unused = mine;
        try
        {
            using (theirs)
            {
                theirs.Descriptor.Inherit();
                string mountPoint = standIn?.MountPoint ?? "/dev/fd/"
                    + theirs.Descriptor.Number.ToString(CultureInfo.InvariantCulture);
                string mark = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Environment.ProcessId}-{Stopwatch.GetTimestamp()}");
                IReadOnlyList<string> all = WithMountPoint(command, mountPoint);
                ProcessStartInfo info = InfoOf(standIn?.Wrap(all, theirs) ?? all, takesErrors);
                info.Environment[MarkVariable] = mark;
                Process process = Process.Start(info)!;
                process.OutputDataReceived += (_, line) => Forward(line.Data, report);
                process.BeginOutputReadLine();
                ManualResetEventSlim hasSaid = new(!takesErrors);
                if (takesErrors)
                {
                    process.ErrorDataReceived += (_, line) =>
                    {
                        Forward(line.Data, report);
                        if (line.Data is null)
                            hasSaid.Set();
                    };
                    process.BeginErrorReadLine();
                }

                unused = null;
                return new ForeignServer(process, new(MarkVariable, mark), mine, hasSaid);
            }
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"cannot start {command[0]}: {e.Message}", e);
        }
        finally
        {
            standIn?.Started();
            unused?.Dispose();
        }
    }

    /// <summary>How it ended, in words; still running where it has not.</summary>
    public string Ending()
    {
        if (!_process.WaitForExit(Patience))
            return "hung up without ending";
        _hasSaid.Wait(SayingPatience);
        int code = _process.ExitCode;

        // System.Diagnostics.Process gives a signal as a shell does.
        return code is > ShellSignal and <= ShellSignal + MostSignals
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"was ended by signal {code - ShellSignal} (exit code {code})")
            : string.Create(CultureInfo.InvariantCulture, $"ended with exit code {code}");
    }

    /// <summary>Kills it and what it has started at once; safe from any thread.</summary>
    public void Kill()
    {
        if (!_disposed)
            _tree.Signal(Processes.Kill);
    }

    /// <summary>
    /// Hangs up and waits; what does not end by itself is told to, then killed, and so is what it
    /// has started. The wait has an end whoever holds its output open.
    /// </summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Socket.Dispose();
        if (!_process.WaitForExit(Patience))
        {
            _tree.Signal(Processes.Terminate);
            _process.WaitForExit(Patience);
        }

        if (_tree.Signal(Processes.Kill) > 0)
            _process.WaitForExit(Patience);
        _process.Dispose();
    }

    private static List<string> WithMountPoint(
        IReadOnlyList<string> command, string mountPoint)
    {
        List<string> all =
        [
            command[0],
            .. command.Skip(1).Select(word => word.Replace(
                MountPointMark, mountPoint, StringComparison.Ordinal)),
        ];
        if (!command.Any(word => word.Contains(MountPointMark, StringComparison.Ordinal)))
            all.Add(mountPoint);
        return all;
    }

    private static ProcessStartInfo InfoOf(IReadOnlyList<string> command, bool takesErrors) =>
        new(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = takesErrors,
        };

    private static void Forward(string? line, Action<string> report)
    {
        if (line is not null)
            report($"server: {line}");
    }
}
