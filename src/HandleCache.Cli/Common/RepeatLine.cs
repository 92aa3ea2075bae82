using System.CommandLine;
using System.CommandLine.Parsing;

namespace HandleCache.Cli.Common;

/// <summary>The command line that repeats a run: as it was given, and its seed.</summary>
internal static class RepeatLine
{
    private const string SeedOption = "--seed";
    private const string Word = "repeat:";

    /// <summary>How a shell goes on in the next line.</summary>
    public const string GoesOn = " \\";

    /// <summary>
    /// Writes the line, the last of every text; what is longer than a mail is wide goes on as a
    /// shell takes it.
    /// </summary>
    /// <param name="output">Where to.</param>
    /// <param name="parsed">The run's own command line.</param>
    /// <param name="seed">The seed that was drawn, where none was given; null for none.</param>
    public static void Write(TextWriter output, ParseResult parsed, ulong? seed = null)
    {
        string line = Word;
        foreach (string word in Words(parsed, seed))
        {
            if (line.Length + 1 + word.Length + GoesOn.Length > TextTable.Columns)
            {
                output.WriteLine(line + GoesOn);
                line = "   ";
            }

            line += " " + word;
        }

        output.WriteLine(line);
    }

    private static List<string> Words(ParseResult parsed, ulong? seed)
    {
        List<string> words = ["handlecache"];
        foreach (Token token in parsed.Tokens)
            words.Add(Quoted(token.Value));
        if (seed is { } number && !words.Contains(SeedOption))
            words.Add(FormattableString.Invariant($"{SeedOption} {number}"));
        return words;
    }

    /// <summary>Words as a POSIX shell takes them for the same words.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    /// <summary>A word as a POSIX shell takes it for one.</summary>
    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,+@%=".Contains(c))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
