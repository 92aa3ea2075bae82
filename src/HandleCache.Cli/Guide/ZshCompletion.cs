using System.CommandLine;
using System.Globalization;
using System.Text;
using ValueKind = HandleCache.Cli.Guide.OptionText.ValueKind;

namespace HandleCache.Cli.Guide;

/// <summary>Completion for zsh, with what each option is for.</summary>
internal static class ZshCompletion
{
    public static string Of(RootCommand root)
    {
        StringBuilder text = new();
        text.Append("#compdef handlecache\n")
            .Append("# zsh completion of handlecache: keep it as _handlecache in a folder of ")
            .Append("$fpath\n")
            .Append("_handlecache() {\n  local -a commands\n  commands=(\n");
        Command[] commands = [.. ManCommand.Visible(root)];
        foreach (Command command in commands)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"    '{Quoted($"{command.Name}:{command.Description}")}'\n");
        }

        text.Append("  )\n  if ((CURRENT == 2)); then\n")
            .Append("    _describe command commands\n")
            .Append("    _arguments");
        foreach (Option option in OptionText.Everything(root))
            text.Append(CultureInfo.InvariantCulture, $" \\\n      '{Specification(option)}'");
        text.Append("\n    return\n  fi\n  local command=$words[2]\n")
            .Append("  words=(\"${(@)words[2,-1]}\")\n  ((CURRENT--))\n  case $command in\n");
        foreach (Command command in commands)
            Arguments(text, command);
        return text.Append("  esac\n}\n")
            .Append("if [[ $funcstack[1] == _handlecache ]]; then\n  _handlecache \"$@\"\n")
            .Append("else\n  compdef _handlecache handlecache\nfi\n").ToString();
    }

    private static void Arguments(StringBuilder text, Command command)
    {
        text.Append(CultureInfo.InvariantCulture, $"  {command.Name})\n    _arguments");
        foreach (Option option in OptionText.Everything(command))
            text.Append(CultureInfo.InvariantCulture, $" \\\n      '{Specification(option)}'");
        foreach (Argument argument in command.Arguments.Where(a => !a.Hidden))
        {
            string known = string.Join(' ', OptionText.Known(argument));
            string action = OptionText.IsServer(argument) ? "_normal"
                : known.Length > 0 && command.Name != "design" ? $"({known})"
                : "_files";
            string many = argument.Arity.MaximumNumberOfValues > 1 ? "*" : "";
            string many2 = OptionText.IsServer(argument) ? "::" : ":";
            text.Append(CultureInfo.InvariantCulture,
                $" \\\n      '{many}{many2}{argument.Name}:{action}'");
        }

        text.Append("\n    ;;\n");
    }

    private static string Specification(Option option)
    {
        string says = Quoted(option.Description!).Replace(":", "\\:", StringComparison.Ordinal)
            .Replace("[", "\\[", StringComparison.Ordinal)
            .Replace("]", "\\]", StringComparison.Ordinal);
        string many = option.ValueType.IsArray ? "*" : "";
        string known = string.Join(' ', OptionText.Known(option));
        string value = OptionText.KindOf(option) switch
        {
            ValueKind.None => "",
            ValueKind.File => ":file:_files",
            ValueKind.Folder => ":directory:_files -/",
            _ when known.Length > 0 => $":value:({known})",
            _ => ":value: ",
        };
        return $"{many}{option.Name}[{says}]{value}";
    }

    /// <summary>Inside of single quotes.</summary>
    private static string Quoted(string words) =>
        words.Replace("'", "'\\''", StringComparison.Ordinal);
}
