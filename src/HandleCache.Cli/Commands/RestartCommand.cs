using System.CommandLine;
using HandleCache.Lab;

namespace HandleCache.Cli.Commands;

/// <summary>`restart`: kills servers and sees what survives.</summary>
internal static class RestartCommand
{
    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Seed of the random histories",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "One JSON document on stdout",
    };

    public static Command Build()
    {
        Command command = new("restart", "Kill servers and see what the mount recovers")
        {
            Seed, Json,
        };
        RestartModelSwitches.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(() =>
        {
            if (!RestartModelSwitches.IsOn(parsed))
                throw new BadInputException("restart needs --model");
            using Interrupt interrupt = new();
            return RestartModelSwitches.Run(
                parsed, parsed.GetValue(Seed), parsed.GetValue(Json), interrupt.Token);
        }));
        return command;
    }
}
