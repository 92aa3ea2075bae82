using System.CommandLine;
using System.Globalization;
using System.Text;
using ValueKind = HandleCache.Cli.Guide.OptionText.ValueKind;

namespace HandleCache.Cli.Guide;

/// <summary>Completion for bash, without the package bash-completion.</summary>
internal static class BashCompletion
{
    private const string Head = """
        # bash completion of handlecache: source this, or keep it in
        # /etc/bash_completion.d/handlecache
        _handlecache() {
          local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
          local command= i words= kind=file
          COMPREPLY=()
          for ((i = 1; i < COMP_CWORD; i++)); do
            # Behind two dashes stands somebody else's command line.
            if [[ ${COMP_WORDS[i]} == -- ]]; then
              if ((i == COMP_CWORD - 1)); then
                mapfile -t COMPREPLY < <(compgen -c -- "$word")
              else
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
              fi
              return
            fi
            [[ -z $command && ${COMP_WORDS[i]} != -* ]] && command=${COMP_WORDS[i]}
          done

        """;

    private const string Tail = """
          if [[ $word == -* ]]; then
            case $command in
        @options
            esac
          elif [[ -z $words && $kind == file ]]; then
            compopt -o filenames 2>/dev/null || :
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
          elif [[ -z $words && $kind == folder ]]; then
            compopt -o filenames 2>/dev/null || :
            mapfile -t COMPREPLY < <(compgen -d -- "$word")
            return
          fi
          mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
        }
        complete -F _handlecache handlecache

        """;

    public static string Of(RootCommand root)
    {
        StringBuilder values = new();
        StringBuilder options = new();
        Command[] commands = [.. ManCommand.Visible(root)];
        values.Append("  case \"$command $before\" in\n");
        foreach (Command command in commands)
        {
            foreach (Option option in OptionText.Everything(command))
                Value(values, command, option);
        }

        string first = string.Join(' ', commands.Select(c => c.Name));
        values.Append(CultureInfo.InvariantCulture,
            $"  *) case $command in\n    '') words='{first}' ;;\n");
        foreach (Command command in commands)
        {
            string known = string.Join(' ', command.Arguments.SelectMany(OptionText.Known));
            if (known.Length > 0)
            {
                values.Append(CultureInfo.InvariantCulture,
                    $"    {command.Name}) words='{known}' ;;\n");
            }

            options.Append(CultureInfo.InvariantCulture,
                $"    {command.Name}) words='{Names(command)}' ;;\n");
        }

        // A design is one that is shipped, or a file.
        values.Append("    esac\n    [[ $command == design ]] && ")
            .Append("words+=\" $(compgen -f -X '!*.json' -- \"$word\" || :)\" ;;\n  esac\n");
        options.Append(CultureInfo.InvariantCulture, $"    '') words='{Names(root)}' ;;");
        return Head + values + Tail.Replace(
            "@options", options.ToString(), StringComparison.Ordinal);
    }

    private static string Names(Command command) =>
        string.Join(' ', OptionText.Everything(command).Select(o => o.Name));

    private static void Value(StringBuilder text, Command command, Option option)
    {
        ValueKind kind = OptionText.KindOf(option);
        if (kind is ValueKind.None or ValueKind.File)
            return;
        string known = string.Join(' ', OptionText.Known(option));
        string does = kind == ValueKind.Folder ? "kind=folder"
            : known.Length > 0 ? $"words='{known}'"
            : "kind=free";
        text.Append(CultureInfo.InvariantCulture,
            $"  '{command.Name} {option.Name}') {does} ;;\n");
    }
}
