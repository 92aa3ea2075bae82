using System.Collections;
using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;

namespace HandleCache.Cli.Guide;

/// <summary>How an option or argument reads in help, man pages and completions.</summary>
internal static class OptionText
{
    /// <summary>The heading of what belongs to no other group.</summary>
    public const string FirstHeading = "Options";

    /// <summary>Headings, and which options stand below each; all others are the first's.</summary>
    private static readonly (string Heading, string[] Names)[] Groups =
    [
        (FirstHeading, []),
        ("Handles", ["--filesystem", "--handles", "--connectable", "--strategy"]),
        ("Kernel",
            [
                "--kernel", "--tree", "--model-kernel", "--btf", "--btf-base", "--cpus", "--device",
                "--type",
            ]),
        ("Output",
            ["--json", "--schema", "--plot", "--keep-data", "--html", "--help", "--version"]),
    ];

    private static readonly string[] Files =
    [
        "--btf", "--btf-base", "--design", "--handles", "--html", "--new", "--plot",
        "--program", "--record", "--save", "--device",
    ];

    private static readonly string[] Folders =
        ["--cache", "--keep", "--on", "--root", "--source", "--survey", "--tree-on", "--write"];

    /// <summary>What the value of an option is completed with.</summary>
    public enum ValueKind
    {
        /// <summary>The option has none.</summary>
        None,

        /// <summary>Nothing is known of it.</summary>
        Free,

        /// <summary>A file.</summary>
        File,

        /// <summary>A directory.</summary>
        Folder,
    }

    /// <summary>The options of a command in groups, each with its heading.</summary>
    public static IEnumerable<(string Heading, IReadOnlyList<Option> Options)> Grouped(
        Command command)
    {
        // --help is the root's, and there for all.
        Option[] all = [.. Everything(command)];
        if (command is RootCommand)
        {
            yield return (FirstHeading, all);
            yield break;
        }

        foreach ((string heading, string[] names) in Groups)
        {
            Option[] members = [.. all.Where(o => names.Length == 0
                ? !Groups.Any(g => g.Names.Contains(o.Name))
                : names.Contains(o.Name))];
            if (members.Length > 0)
                yield return (heading, members);
        }
    }

    /// <summary>Every option that may be given to a command.</summary>
    public static IEnumerable<Option> Everything(Command command) =>
        command.Options.Concat(command.Parents.OfType<Command>()
            .SelectMany(p => p.Options.Where(o => o.Recursive))).Where(o => !o.Hidden);

    /// <summary>The spelling: `--kernel KERNEL`, `-h, --help`.</summary>
    public static string Spelling(Option option)
    {
        string[] aliases = [.. option.Aliases.Where(a => a.StartsWith('-')).Order()];
        string names = string.Join(", ", [.. aliases, option.Name]);
        return Value(option) is { } value ? $"{names} {value}" : names;
    }

    /// <summary>What stands for the value; null where there is none.</summary>
    public static string? Value(Option option)
    {
        if (KindOf(option) == ValueKind.None)
            return null;
        if (option.HelpName is { } name)
            return name.ToUpperInvariant();
        return KindOf(option) switch
        {
            ValueKind.File => "FILE",
            ValueKind.Folder => "DIR",
            _ when ValueOf(option) == typeof(double) => "X",
            _ when IsWhole(ValueOf(option)) => "N",
            _ => option.Name.Split('-')[^1].ToUpperInvariant(),
        };
    }

    /// <summary>What is said of the option, and its default.</summary>
    public static string Says(Option option)
    {
        bool shows = option.HasDefaultValue && KindOf(option) != ValueKind.None
            && !option.Description!.Contains("default", StringComparison.Ordinal);
        string text = shows ? Shown(option.GetDefaultValue()) : "";
        return text.Length == 0 ? option.Description! : $"{option.Description} [default: {text}]";
    }

    public static ValueKind KindOf(Option option) =>
        option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0
            ? ValueKind.None
        : Files.Contains(option.Name) ? ValueKind.File
        : Folders.Contains(option.Name) ? ValueKind.Folder
        : ValueKind.Free;

    /// <summary>Values that are known, in the spelling of the command line.</summary>
    public static IReadOnlyList<string> Known(Symbol symbol) =>
    [
        .. symbol.GetCompletions(CompletionContext.Empty)
            .Select(item => item.InsertText ?? item.Label)
            .Where(text => !text.StartsWith('-'))
            .Select(text => text.Any(char.IsAsciiLetterUpper) && !text.Contains('.')
                ? text.ToLowerInvariant() : text)
            .Distinct(),
    ];

    /// <summary>The usage line behind the program's name.</summary>
    public static string Usage(Command command)
    {
        List<string> words = [command.Name, "[options]"];
        foreach (Argument argument in command.Arguments.Where(a => !a.Hidden))
        {
            string name = argument.Name.ToUpperInvariant();
            bool many = argument.Arity.MaximumNumberOfValues > 1;
            string word = many ? $"{name}..." : name;
            if (IsServer(argument))
                words.Add("--");
            words.Add(argument.Arity.MinimumNumberOfValues == 0 ? $"[{word}]" : word);
        }

        return string.Join(' ', words);
    }

    /// <summary>Whether the words behind -- are somebody else's command line.</summary>
    public static bool IsServer(Argument argument) => argument.Name == "SERVER";

    private static Type ValueOf(Option option) =>
        Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;

    private static bool IsWhole(Type type) =>
        type == typeof(int) || type == typeof(long) || type == typeof(ulong);

    private static string Shown(object? value) => value switch
    {
        null or false => "",
        string text => text,
        Enum name => name.ToString().ToLowerInvariant(),
        IEnumerable many => string.Join(",", many.Cast<object>()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
