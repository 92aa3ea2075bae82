using System.CommandLine;
using System.Runtime.InteropServices;
using HandleCache.Lab;
using HandleCache.Lab.Mounting;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Cli.Commands;

/// <summary>The hidden command that a keeper starts as its server, any number of times.</summary>
internal static class ServeCommand
{
    private static readonly Argument<string> Source = new("SOURCE");
    private static readonly Option<int> Socket = new("--socket") { Required = true };
    private static readonly Option<int> Parent = new("--parent") { Required = true };
    private static readonly Option<double> Timeout = new("--timeout");
    private static readonly Option<ReadDirPlusMode> ReadDirPlus = new("--readdirplus");
    private static readonly Option<bool> Export = new("--export");
    private static readonly Option<bool> Writeback = new("--writeback");

    public static Command Build()
    {
        Command command = new(ServerProcess.CommandName, "Serve a directory for a keeper.")
        {
            Source, Socket, Parent, Timeout, ReadDirPlus, Export, Writeback,
        };
        command.Hidden = true;
        command.SetAction(parsed => CommandRunner.Run(() => Serve(parsed)));
        return command;
    }

    private static int Serve(ParseResult parsed)
    {
        int parent = parsed.GetValue(Parent);
        Errno errno = Processes.DieWithParent(parent);
        if (errno != Errno.None)
            throw new BadInputException($"process {parent} did not start this one ({errno})");

        // Ctrl-C reaches the whole foreground group; the keeper decides what becomes of it.
        using PosixSignalRegistration ignored = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, context => context.Cancel = true);
        KeptServing.Run(
            FileDescriptor.Own(parsed.GetValue(Socket)),
            new MountOptions
            {
                Source = parsed.GetRequiredValue(Source),
                MountPoint = "",
                TimeoutSeconds = parsed.GetValue(Timeout),
                ReadDirPlus = parsed.GetValue(ReadDirPlus),
                Export = parsed.GetValue(Export),
                Writeback = parsed.GetValue(Writeback),
            });
        return ExitCode.Success;
    }
}
