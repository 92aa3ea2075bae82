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
    private static readonly Argument<string> Source = new("SOURCE")
    {
        Description = "The directory to serve",
    };

    private static readonly Option<int> Socket = new("--socket")
    {
        Description = "Descriptor of the keeper's socket",
        Required = true,
    };

    private static readonly Option<int> Parent = new("--parent")
    {
        Description = "Process id of the keeper; the server dies with it",
        Required = true,
    };

    private static readonly Option<double> Timeout = new("--timeout")
    {
        Description = "Seconds the kernel may believe entries and attributes",
    };

    private static readonly Option<ReadDirPlusMode> ReadDirPlus = new("--readdirplus")
    {
        Description = "List with READDIRPLUS: off, on or auto",
    };

    private static readonly Option<bool> Export = new("--export")
    {
        Description = "Let handles of the mount be opened after their inodes are forgotten",
    };

    private static readonly Option<bool> Stateless = new("--stateless")
    {
        Description = "Nodeids are handles",
    };

    private static readonly Option<uint> Generation = new("--generation")
    {
        Description = "Of the nodeids that are given out",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<bool> Writeback = new("--writeback")
    {
        Description = "Let the kernel write back data later",
    };

    public static Command Build(IReadOnlyList<Dialect> dialects)
    {
        DialectOption dialect = new(dialects, "What it speaks with the keeper");
        Command command = new(ServerProcess.CommandName, "Serve a directory for a keeper")
        {
            Source, Socket, Parent, Timeout, ReadDirPlus, Export, Stateless, Generation,
            Writeback,
        };
        command.Hidden = true;
        dialect.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Serve(parsed, dialect)));
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
            Stateless = parsed.GetValue(Stateless),
            Generation = parsed.GetValue(Generation),
            Writeback = parsed.GetValue(Writeback),
            Dialect = dialect.One(parsed, Dialect.Default).Dialect,
        };
        int socket = parsed.GetValue(Socket);
        ChildProcess.Run(parsed.GetValue(Parent), () => KeptServing.Run(socket, options));
        return ExitCode.Success;
    }
}
