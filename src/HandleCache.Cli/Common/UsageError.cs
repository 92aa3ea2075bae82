using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace HandleCache.Cli.Common;

/// <summary>What the command line's parser says, in the words of who typed it.</summary>
internal static partial class UsageError
{
    /// <summary>
    /// The parser's message; where it names a type of the program, what may stand there instead.
    /// </summary>
    public static string Of(string message)
    {
        Match match = WrongType().Match(message);
        if (!match.Success)
            return message;
        string[] known = match.Groups["known"].Value.Split(
            '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string wanted = known.Length > 0
            ? $"one of {string.Join(", ", known.Select(name => name.ToLowerInvariant()))}"
            : Wanted(match.Groups["type"].Value);
        return $"{match.Groups["option"].Value}: '{match.Groups["value"].Value}' is not {wanted}";
    }

    /// <summary>
    /// The option or argument that was given a word of no letters where none makes sense: a shell
    /// script's variable that is not set. Null: none was.
    /// </summary>
    public static string? EmptyValue(ParseResult parsed) =>
        parsed.CommandResult.Command.Hidden
            ? null
            : parsed.CommandResult.Children
                .Where(child => child.Tokens.Any(word => word.Value.Length == 0))
                .Select(NameOf)
                .FirstOrDefault(name => name is not null && !MayBeEmpty.Contains(name));

    /// <summary>
    /// No more of a kernel's command line; a type that says itself what it is not; the words of
    /// somebody else's program.
    /// </summary>
    private static readonly string[] MayBeEmpty = ["--append", "--type", "SERVER"];

    private static string? NameOf(SymbolResult child) => child switch
    {
        OptionResult option => option.Option.Name,
        ArgumentResult argument => argument.Argument.Name,
        _ => null,
    };

    private static string Wanted(string type) => type switch
    {
        _ when type.Contains("UInt", StringComparison.Ordinal) => "a whole number of 0 or more",
        _ when type.Contains("Int", StringComparison.Ordinal) => "a whole number",
        _ when type.Contains("Double", StringComparison.Ordinal) => "a number",
        _ when type.Contains("Boolean", StringComparison.Ordinal) => "true or false",
        _ => "what this option takes",
    };

    [GeneratedRegex(
        @"^Cannot parse argument '(?<value>.*)' for option '(?<option>[^']+)' as expected type "
        + @"'(?<type>[^']+)'\.(?: Did you mean one of the following\?(?<known>.*))?$",
        RegexOptions.Singleline)]
    private static partial Regex WrongType();
}
