using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Mounting;
using HandleCache.Protocol.Dialects;
using HandleCache.Server.Mounting;
using HandleCache.Server.Sessions;

namespace HandleCache.Cli.Mount;

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

    public static Command Build(IReadOnlyList<Dialect> dialects)
    {
        DialectOption dialect = new(dialects, "What it speaks with the keeper");
        Command command = new(ServerProcess.CommandName, "Serve a directory for a keeper")
        {
            Source, Socket, Parent, Timeout, ReadDirPlus, Export, Writeback,
        };
        command.Hidden = true;
        dialect.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(() => Serve(parsed, dialect)));
        return command;
    }

    private static int Serve(ParseResult parsed, DialectOption dialect)
    {
        MountOptions options = new()
        {
            Source = parsed.GetRequiredValue(Source),
            MountPoint = "",
            TimeoutSeconds = parsed.GetValue(Timeout),
            ReadDirPlus = parsed.GetValue(ReadDirPlus),
            Export = parsed.GetValue(Export),
            Writeback = parsed.GetValue(Writeback),
            Dialect = dialect.One(parsed, Dialect.Default).Dialect,
        };
        int socket = parsed.GetValue(Socket);
        ChildProcess.Run(parsed.GetValue(Parent), () => KeptServing.Run(socket, options));
        return ExitCode.Success;
    }
}
