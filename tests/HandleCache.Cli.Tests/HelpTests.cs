using System.CommandLine;
using System.CommandLine.Help;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>
/// One style for all help: a sentence without full stop that begins with a capital letter, a
/// figure or an option's name; within 80 columns.
/// </summary>
public sealed class HelpTests
{
    private static RootCommand Root => Program.Commands(DialectList.All);

    public static TheoryData<string> Visible() =>
        ["", .. Root.Subcommands.Where(command => !command.Hidden).Select(c => c.Name)];

    [Fact]
    public void A_command_line_that_names_a_command_builds_that_one_by_its_name()
    {
        foreach ((string name, CommandBuilder build) in Program.Builders)
        {
            Assert.Equal(name, build(DialectList.All).Name);
            RootCommand root = Program.CommandsFor([name, "--json"], DialectList.All);
            Assert.Equal(
                [name, "completion", "man"], root.Subcommands.Select(command => command.Name));
        }

        int all = Program.Builders.Count + 2;
        Assert.Equal(2, Program.CommandsFor(["--version"], DialectList.All).Subcommands.Count);
        foreach (string[] args in (string[][])[[], ["--help"], ["man"], ["validte"]])
            Assert.Equal(all, Program.CommandsFor(args, DialectList.All).Subcommands.Count);
    }

    [Fact]
    public void Every_command_option_and_argument_is_described_in_one_style()
    {
        List<string> wrong = [];
        foreach (Command command in Root.Subcommands.Append<Command>(Root))
        {
            Check($"{command.Name}", command.Description, wrong);
            foreach (Option option in command.Options)
            {
                if (option is not (HelpOption or VersionOption))
                    Check($"{command.Name} {option.Name}", option.Description, wrong);
            }

            foreach (Argument argument in command.Arguments)
                Check($"{command.Name} {argument.Name}", argument.Description, wrong);
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [MemberData(nameof(Visible))]
    public void Help_fits_80_columns(string command)
    {
        Cli.Outcome help = command.Length == 0 ? Cli.Run("--help") : Cli.Run(command, "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("Usage:", help.Output, StringComparison.Ordinal);
        Assert.All(
            help.Output.Split('\n'),
            line => Assert.True(line.TrimEnd().Length <= 80, $"{line.Length}: {line}"));
    }

    private static void Check(string what, string? text, List<string> wrong)
    {
        if (string.IsNullOrEmpty(text))
        {
            wrong.Add($"{what}: no description");
            return;
        }

        if (text[^1] is '.' or ';' or ':' or ' ' || text.Contains(". ", StringComparison.Ordinal))
            wrong.Add($"{what}: ends with a full stop, or goes on behind one: {text}");
        if (!char.IsAsciiLetterUpper(text[0]) && !char.IsAsciiDigit(text[0]) && text[0] != '-')
            wrong.Add($"{what}: begins with a small letter: {text}");
    }
}
