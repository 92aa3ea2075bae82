using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;

namespace HandleCache.Cli.Guide;

/// <summary>--help: of the program by questions, of a command by groups of options.</summary>
internal static class HelpText
{
    private const string Program = "handlecache";
    private const int NameColumns = 12;
    private const int OptionColumns = 24;

    /// <summary>What --help prints.</summary>
    public static string Of(Command command) =>
        command is RootCommand root ? OfProgram(root) : OfCommand(command);

    private static string OfProgram(RootCommand root)
    {
        StringBuilder text = new();
        TextTable.Paragraph(text, Guidebook.Summary, 0);
        text.Append(CultureInfo.InvariantCulture, $"\nUsage: {Program} COMMAND [options]\n");
        text.Append(CultureInfo.InvariantCulture,
            $"       {Program} COMMAND --help, or {Program} man COMMAND | man -l -\n");
        foreach (Question question in Guidebook.Questions)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{question.Text}\n");
            foreach (CommandEntry entry in question.Commands)
                Row(text, entry.Name, CommandOf(root, entry).Description!, NameColumns);
        }

        Options(text, root);
        text.Append("\nExamples\n");
        foreach (Question question in Guidebook.Questions.SkipLast(1))
        {
            Example first = question.Commands[0].First;
            text.Append(CultureInfo.InvariantCulture, $"  {Program} {first.Line}\n");
        }

        text.Append("\nExit codes\n");
        foreach ((int code, string says) in Guidebook.ExitCodes)
            Row(text, code.ToString(CultureInfo.InvariantCulture), says, 5);
        text.Append('\n');
        foreach (string habit in Guidebook.Habits)
            TextTable.Paragraph(text, habit, 0);
        return text.ToString();
    }

    private static string OfCommand(Command command)
    {
        StringBuilder text = new();
        CommandEntry? entry = Guidebook.Of(command);
        TextTable.Paragraph(text, command.Description!, 0);
        if (entry is not null)
        {
            text.Append('\n');
            TextTable.Paragraph(text, entry.About, 0);
        }

        text.Append('\n');
        TextTable.Paragraph(text, $"Usage: {Program} {OptionText.Usage(command)}", 7);
        if (command.Arguments.Any(a => !a.Hidden))
            text.Append('\n');
        foreach (Argument argument in command.Arguments.Where(a => !a.Hidden))
        {
            Row(
                text, argument.Name.ToUpperInvariant(), argument.Description!, OptionColumns);
        }

        Options(text, command);
        if (entry is null)
            return text.ToString();
        text.Append("\nExamples\n");
        foreach (Example example in new[] { entry.First, entry.Second })
        {
            TextTable.Paragraph(text, $"{Program} {example.Line}", 6, 2, RepeatLine.GoesOn);
            TextTable.Paragraph(text, example.Does, 8, 8);
        }

        return text.ToString();
    }

    /// <summary>The command of an entry.</summary>
    public static Command CommandOf(RootCommand root, CommandEntry entry) =>
        root.Subcommands.Single(command => command.Name == entry.Name);

    private static void Options(StringBuilder text, Command command)
    {
        foreach ((string heading, IReadOnlyList<Option> options) in OptionText.Grouped(command))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{heading}\n");
            foreach (Option option in options)
                Row(text, OptionText.Spelling(option), OptionText.Says(option), OptionColumns);
        }
    }

    /// <summary>A name and what it is, in two columns; a long name has a line of its own.</summary>
    private static void Row(StringBuilder text, string name, string says, int columns)
    {
        text.Append("  ").Append(name);
        if (name.Length > columns - 2)
            text.Append('\n').Append(' ', columns + 2);
        else
            text.Append(' ', columns - name.Length);
        StringBuilder words = new();
        TextTable.Paragraph(words, says, columns + 2, columns + 2);
        text.Append(words.ToString().AsSpan(columns + 2));
    }
}

/// <summary>--help in place of the parser's own.</summary>
internal sealed class HelpTextAction : SynchronousCommandLineAction
{
    /// <summary>Help is given although an argument is missing.</summary>
    public override bool ClearsParseErrors => true;

    /// <summary>Puts it where the parser's own was.</summary>
    public static void Install(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Aliases.Clear();
        help.Aliases.Add("-h");
        help.Description = "Print this";
        help.Action = new HelpTextAction();
    }

    public override int Invoke(ParseResult parseResult) =>
        CommandRunner.Run(parseResult, () =>
        {
            Console.Out.Write(HelpText.Of(parseResult.CommandResult.Command));
            return ExitCode.Success;
        });
}
