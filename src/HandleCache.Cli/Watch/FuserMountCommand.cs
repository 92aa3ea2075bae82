using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Server.Relaying;

namespace HandleCache.Cli.Watch;

/// <summary>The hidden command that servers call in place of fusermount.</summary>
internal static class FuserMountCommand
{
    private static readonly Argument<int> Socket = new("SOCKET")
    {
        Description = "The number of the descriptor that the server gets",
    };

    private static readonly Argument<string[]> Words = new("WORDS")
    {
        Description = "As fusermount(1) gets them",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Command Build()
    {
        Command command = new(
            FuserMountStandIn.CommandName, "Hand a socket to a server that wants to mount")
        {
            Socket, Words,
        };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            if (FuserMountStandIn.Run(
                parsed.GetValue(Socket), parsed.GetValue(Words) ?? []) is not { } error)
                return ExitCode.Success;
            Console.Error.WriteLine($"handlecache: {error}");
            return ExitCode.CheckFailed;
        });
        return command;
    }
}
