using System.CommandLine;
using System.CommandLine.Parsing;

namespace HandleCache.Cli.Common;

/// <summary>The command line that repeats a run: as it was given, and its seed.</summary>
internal static class RepeatLine
{
    private const string SeedOption = "--seed";

    /// <param name="parsed">The run's own command line.</param>
    /// <param name="seed">The seed that was drawn, where none was given; null for none.</param>
    public static string Of(ParseResult parsed, ulong? seed = null)
    {
        List<string> words = ["handlecache"];
        foreach (Token token in parsed.Tokens)
            words.Add(Quoted(token.Value));
        if (seed is { } number && !words.Contains(SeedOption))
            words.Add(FormattableString.Invariant($"{SeedOption} {number}"));
        return string.Join(' ', words);
    }

    /// <summary>Words as a POSIX shell takes them for the same words.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    /// <summary>A word as a POSIX shell takes it for one.</summary>
    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,+@%=".Contains(c))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
