using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Workload;

namespace HandleCache.Cli.Workload;

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
            Description = "Process id of the parent; the workload dies with it",
            Required = true,
        };
        Command command = new(
            WorkloadCommandLine.CommandName, "Make system calls as told on stdin")
        {
            Hidden = true,
        };
        command.Options.Add(parent);
        command.SetAction(parsed => CommandRunner.Run(
            parsed, () => Serve(parsed.GetValue(parent))));
        return command;
    }

    private static int Serve(int parent)
    {
        ChildProcess.Run(parent, () =>
        {
            using WorkloadServer server = new();
            server.Serve(Console.In, Console.Out);
        });
        return ExitCode.Success;
    }
}
