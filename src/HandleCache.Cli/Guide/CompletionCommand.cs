using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;

namespace HandleCache.Cli.Guide;

/// <summary>`completion`: a script for a shell.</summary>
internal static class CompletionCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static Command Build(RootCommand root)
    {
        Argument<string> shell = new("SHELL")
        {
            Description = "One of " + string.Join(", ", Shells),
        };
        shell.CompletionSources.Add(Shells);
        Command command = new("completion", "Print a completion script for a shell") { shell };
        command.SetAction(parsed => CommandRunner.Run(parsed, () =>
        {
            Console.Out.Write(parsed.GetRequiredValue(shell) switch
            {
                "bash" => BashCompletion.Of(root),
                "zsh" => ZshCompletion.Of(root),
                "fish" => FishCompletion.Of(root),
                string other => throw new BadInputException(
                    $"no completion for '{other}'; known: {string.Join(", ", Shells)}"),
            });
            return ExitCode.Success;
        }));
        return command;
    }
}
