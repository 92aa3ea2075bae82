using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Server.Relaying;

namespace HandleCache.Cli.Watch;

/// <summary>The hidden command that becomes a server and leaves its mount(2) to us.</summary>
internal static class DirectMountCommand
{
    private static readonly Argument<int> Socket = new("SOCKET")
    {
        Description = "The number of the descriptor that gets the listener",
    };

    private static readonly Argument<string[]> Server = new("SERVER")
    {
        Description = "The server and its arguments",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Build()
    {
        Command command = new(
            DirectMountStandIn.CommandName, "Become a server that calls mount(2) itself")
        {
            Socket, Server,
        };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            string error = DirectMountStandIn.Run(
                parsed.GetValue(Socket), parsed.GetRequiredValue(Server));
            Console.Error.WriteLine($"handlecache: {error}");
            return ExitCode.CheckFailed;
        });
        return command;
    }
}
