using System.CommandLine;
using System.CommandLine.Completions;
using HandleCache.Cli.Common;
using HandleCache.Lab;

namespace HandleCache.Cli.Guide;

/// <summary>`man`: the manual pages.</summary>
internal static class ManCommand
{
    public static Command Build(RootCommand root)
    {
        Argument<string?> name = new("COMMAND")
        {
            Description = "Whose page; default: that of the program",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> write = new("--write")
        {
            Description = "Write every page to this directory instead",
        };
        Command command = new("man", "Print a manual page") { name, write };
        name.CompletionSources.Add(
            _ => Visible(root).Select(c => new CompletionItem(c.Name)));
        command.SetAction(parsed => CommandRunner.Run(parsed, () =>
        {
            if (parsed.GetValue(write) is { } folder)
                return Write(root, folder);
            string? wanted = parsed.GetValue(name);
            Command page = wanted is null
                ? root
                : Visible(root).FirstOrDefault(c => c.Name == wanted)
                    ?? throw new BadInputException($"no command '{wanted}'; known: "
                        + string.Join(", ", Visible(root).Select(c => c.Name)));
            Console.Out.Write(ManPage.Of(root, page));
            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>The commands that have a page.</summary>
    public static IEnumerable<Command> Visible(RootCommand root) =>
        root.Subcommands.Where(command => !command.Hidden);

    private static int Write(RootCommand root, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach (Command command in Visible(root).Prepend(root))
            {
                File.WriteAllText(
                    Path.Combine(folder, $"{ManPage.NameOf(command)}.1"),
                    ManPage.Of(root, command));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"--write {folder}: {e.Message}", e);
        }

        return ExitCode.Success;
    }
}
