using System.CommandLine;
using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;

namespace HandleCache.Cli.Guide;

/// <summary>Manual pages in the form of man(7), from what help is made of.</summary>
internal static class ManPage
{
    private const string Program = "handlecache";

    /// <summary>Where an example begins on a page of 80 columns.</summary>
    private const int ExampleColumn = 11;

    /// <summary>The name of a page: handlecache, or handlecache-COMMAND.</summary>
    public static string NameOf(Command command) =>
        command is RootCommand ? Program : $"{Program}-{command.Name}";

    public static string Of(RootCommand root, Command command)
    {
        StringBuilder page = new();
        string name = NameOf(command);
        string version = $"{Program} {BuildVersion.Version}";
        string summary = command is RootCommand ? Guidebook.Summary : command.Description!;
        page.Append(CultureInfo.InvariantCulture,
            $".TH {Text(name).ToUpperInvariant()} 1 \"\" \"{Text(version)}\" HandleCache\n")
            .Append(".SH NAME\n")
            .Append(CultureInfo.InvariantCulture,
                $"{Text(name)} \\- {Text(Small(summary))}\n");
        if (command is RootCommand)
            OfProgram(page, root);
        else
            OfCommand(page, command);
        page.Append(".SH EXIT STATUS\n");
        foreach ((int code, string says) in Guidebook.ExitCodes)
            Item(page, $"\\fB{code}\\fR", says);
        page.Append(".SH SEE ALSO\n");
        string[] others = [.. Others(root, command).Select(n => $".BR {Text(n)} (1)")];
        page.AppendJoin(",\n", others).Append('\n');
        return page.ToString();
    }

    private static void OfProgram(StringBuilder page, RootCommand root)
    {
        page.Append(".SH SYNOPSIS\n.B ").Append(Program)
            .Append("\n.I COMMAND\n[options]\n.SH DESCRIPTION\n");
        foreach (Question question in Guidebook.Questions)
        {
            page.Append(CultureInfo.InvariantCulture, $".SS \"{Text(question.Text)}\"\n");
            foreach (CommandEntry entry in question.Commands)
            {
                Item(
                    page, $"\\fB{Text(entry.Name)}\\fR",
                    HelpText.CommandOf(root, entry).Description!);
            }
        }

        Options(page, root);
        page.Append(".SH CONVENTIONS\n");
        foreach (string habit in Guidebook.Habits)
            page.Append(".PP\n").Append(Text(habit)).Append('\n');
        page.Append(".SH EXAMPLES\n");
        foreach (Question question in Guidebook.Questions)
            Shown(page, question.Commands[0].First);
    }

    private static void OfCommand(StringBuilder page, Command command)
    {
        CommandEntry entry = Guidebook.Of(command)!;
        page.Append(".SH SYNOPSIS\n.B ").Append(Program).Append('\n')
            .Append(Text(OptionText.Usage(command))).Append("\n.SH DESCRIPTION\n")
            .Append(Text(entry.About)).Append('\n');
        foreach (Argument argument in command.Arguments.Where(a => !a.Hidden))
        {
            Item(
                page, $"\\fI{Text(argument.Name.ToUpperInvariant())}\\fR",
                argument.Description!);
        }

        Options(page, command);
        page.Append(".SH EXAMPLES\n");
        Shown(page, entry.First);
        Shown(page, entry.Second);
    }

    private static void Options(StringBuilder page, Command command)
    {
        page.Append(".SH OPTIONS\n");
        foreach ((string heading, IReadOnlyList<Option> options) in OptionText.Grouped(command))
        {
            if (heading != OptionText.FirstHeading)
                page.Append(CultureInfo.InvariantCulture, $".SS {Text(heading)}\n");
            foreach (Option option in options)
            {
                string value = OptionText.Value(option) is { } v ? $" \\fI{Text(v)}\\fR" : "";
                string spelling = Text(OptionText.Spelling(option));
                string names = value.Length == 0
                    ? spelling
                    : spelling[..spelling.LastIndexOf(' ')];
                Item(page, $"\\fB{names}\\fR{value}", OptionText.Says(option));
            }
        }
    }

    private static IEnumerable<string> Others(RootCommand root, Command command) =>
        command is RootCommand
            ? Guidebook.Questions.SelectMany(q => q.Commands)
                .Select(entry => NameOf(HelpText.CommandOf(root, entry)))
            : Guidebook.Questions.Single(q => q.Commands.Any(c => c.Name == command.Name))
                .Commands.Where(c => c.Name != command.Name)
                .Select(entry => NameOf(HelpText.CommandOf(root, entry)))
                .Prepend(Program);

    private static void Item(StringBuilder page, string tag, string says) =>
        page.Append(".TP\n").Append(tag).Append('\n').Append(Text(says)).Append('\n');

    private static void Shown(StringBuilder page, Example example)
    {
        StringBuilder line = new();
        TextTable.Paragraph(
            line, $"{Program} {example.Line}", ExampleColumn + 4, ExampleColumn,
            RepeatLine.GoesOn);
        string does = char.ToUpperInvariant(example.Does[0]) + example.Does[1..];
        page.Append(".PP\n").Append(Text(does)).Append(":\n.PP\n.RS 4\n.nf\n");
        foreach (string part in line.ToString().TrimEnd('\n').Split('\n'))
            page.Append(Text(part[ExampleColumn..])).Append('\n');
        page.Append(".fi\n.RE\n");
    }

    /// <summary>Words of the name line begin small, but for those that are no English.</summary>
    private static string Small(string words) =>
        words.Length > 1 && char.IsAsciiLetterLower(words[1])
            ? char.ToLowerInvariant(words[0]) + words[1..]
            : words;

    /// <summary>
    /// Words as they are: a minus that can be copied, and nothing that begins a request.
    /// </summary>
    private static string Text(string words)
    {
        string text = words.Replace("\\", "\\e", StringComparison.Ordinal)
            .Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("`", "\\(ga", StringComparison.Ordinal)
            .Replace("'", "\\(aq", StringComparison.Ordinal)
            .Replace("~", "\\(ti", StringComparison.Ordinal)
            .Replace("^", "\\(ha", StringComparison.Ordinal)
            .Replace("\"", "\\(dq", StringComparison.Ordinal);
        return text.StartsWith('.') ? "\\&" + text : text;
    }
}
