using System.CommandLine;
using System.Runtime.InteropServices;
using HandleCache.Lab;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Cli.Commands;

/// <summary>
/// The hidden command that other commands start as a process of its own: requests as JSON lines
/// on stdin, replies on stdout, until stdin ends or the parent dies.
/// </summary>
internal static class WorkloadCommand
{
    public static Command Build()
    {
        Option<int> parent = new("--parent")
        {
            Description = "Process id of the parent; the workload dies with it.",
            Required = true,
        };
        Command command = new(
            WorkloadCommandLine.CommandName, "Make system calls as told on stdin.")
        {
            Hidden = true,
        };
        command.Options.Add(parent);
        command.SetAction(result => CommandRunner.Run(() => Serve(result.GetValue(parent))));
        return command;
    }

    private static int Serve(int parent)
    {
        Errno errno = Processes.DieWithParent(parent);
        if (errno != Errno.None)
            throw new BadInputException($"process {parent} did not start this one ({errno})");

        // Ctrl-C reaches the whole foreground group; the parent decides what becomes of it.
        using PosixSignalRegistration ignored = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, context => context.Cancel = true);
        using WorkloadServer server = new();
        server.Serve(Console.In, Console.Out);
        return ExitCode.Success;
    }
}
