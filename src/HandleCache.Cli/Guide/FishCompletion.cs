using System.CommandLine;
using System.Globalization;
using System.Text;
using ValueKind = HandleCache.Cli.Guide.OptionText.ValueKind;

namespace HandleCache.Cli.Guide;

/// <summary>Completion for fish, with what each option is for.</summary>
internal static class FishCompletion
{
    private const string Complete = "complete -c handlecache";

    public static string Of(RootCommand root)
    {
        StringBuilder text = new();
        text.Append("# fish completion of handlecache: keep it as\n")
            .Append("# ~/.config/fish/completions/handlecache.fish\n");
        foreach (Option option in OptionText.Everything(root))
            Line(text, "__fish_use_subcommand", option);
        foreach (Command command in ManCommand.Visible(root))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{Complete} -n __fish_use_subcommand -f -a {command.Name} "
                + $"-d '{Quoted(command.Description!)}'\n");
            string seen = $"'__fish_seen_subcommand_from {command.Name}'";
            foreach (Option option in command.Options.Where(o => !o.Hidden))
                Line(text, seen, option);
            foreach (Argument argument in command.Arguments)
            {
                if (OptionText.IsServer(argument))
                {
                    text.Append(Complete).Append(" -n ").Append(seen)
                        .Append(" -n 'contains -- -- (commandline -opc)' -x ")
                        .Append("-a '(complete -C (commandline -ct))'\n");
                }

                string known = string.Join(' ', OptionText.Known(argument));
                if (known.Length > 0)
                {
                    string only = command.Name == "design" ? "" : " -f";
                    text.Append(CultureInfo.InvariantCulture,
                        $"{Complete} -n {seen}{only} -a '{known}'\n");
                }
            }
        }

        return text.ToString();
    }

    private static void Line(StringBuilder text, string condition, Option option)
    {
        string known = string.Join(' ', OptionText.Known(option));
        string value = OptionText.KindOf(option) switch
        {
            ValueKind.None => "",
            ValueKind.File => " -r -F",
            ValueKind.Folder => " -x -a '(__fish_complete_directories)'",
            _ when known.Length > 0 => $" -x -a '{known}'",
            _ => " -x",
        };
        text.Append(CultureInfo.InvariantCulture, $"{Complete} -n {condition}");
        foreach (string alias in option.Aliases.Where(a => a.Length == 2))
            text.Append(CultureInfo.InvariantCulture, $" -s {alias[1..]}");
        text.Append(CultureInfo.InvariantCulture,
            $" -l {option.Name[2..]}{value} -d '{Quoted(option.Description!)}'\n");
    }

    private static string Quoted(string words) => words
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("'", "\\'", StringComparison.Ordinal);
}
