using System.CommandLine;
using HandleCache.Lab;
using HandleCache.Lab.Designs;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Cli.Common;

/// <summary>
/// <c>--dialect</c>: the one option of all commands that takes a dialect, and the one place where
/// its text becomes one.
/// </summary>
internal sealed class DialectOption
{
    private readonly IReadOnlyList<Dialect> _known;
    private readonly Option<string[]> _option;

    /// <param name="known">What a name may stand for.</param>
    /// <param name="description">What the command does with it.</param>
    public DialectOption(IReadOnlyList<Dialect> known, string description)
    {
        _known = known;
        _option = new Option<string[]>("--dialect")
        {
            Description = description,
            HelpName = "dialect",
        };
        _option.CompletionSources.Add([.. known.Select(dialect => dialect.Name)]);
    }

    public void AddTo(Command command) => command.Add(_option);

    /// <summary>The dialect; <paramref name="otherwise"/> where none is given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="otherwise">What the command takes then.</param>
    /// <exception cref="BadInputException">An unknown one, or more than one.</exception>
    public Chosen One(ParseResult parsed, Dialect otherwise)
    {
        string[] texts = parsed.GetValue(_option) ?? [];
        return texts.Length switch
        {
            0 => new Chosen(otherwise.Name, otherwise),
            1 => new Chosen(texts[0], Resolve(texts[0])),
            _ => throw new BadInputException("--dialect: one only"),
        };
    }

    /// <summary>Whether any is given.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_option) is { Length: > 0 };

    /// <summary>Each that is given, in that order; all that are known where none is.</summary>
    /// <exception cref="BadInputException">An unknown one.</exception>
    public IReadOnlyList<Dialect> Several(ParseResult parsed) =>
        parsed.GetValue(_option) is { Length: > 0 } texts
            ? [.. texts.Select(Resolve).DistinctBy(dialect => dialect.Name)]
            : _known;

    /// <summary>
    /// A known dialect; a design by its file, as written; or a shipped design that no dialect is
    /// named for, its defects mended as those of the dialects are.
    /// </summary>
    private Dialect Resolve(string text)
    {
        if (_known.FirstOrDefault(dialect => dialect.Name == text) is { } known)
            return known;
        if (DesignFiles.IsPath(text))
            return DesignFiles.Load(text).Wire.ToDialect();
        return DesignFiles.ShippedNames.Contains(text, StringComparer.Ordinal)
            ? DesignFiles.Load(text).Wire.WithoutDefects().ToDialect()
            : throw new BadInputException(
                $"--dialect: unknown dialect '{text}'; known: "
                + string.Join(", ", _known.Select(dialect => dialect.Name)
                    .Union(DesignFiles.ShippedNames)) + ", or the path of a design file");
    }

    /// <summary>A dialect, and how it was spelled: a server process is told that.</summary>
    internal readonly record struct Chosen(string Text, Dialect Dialect);
}

/// <summary>A dialect in JSON: its name.</summary>
internal sealed class DialectJson : System.Text.Json.Serialization.JsonConverter<Dialect>
{
    public override Dialect Read(
        ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert,
        System.Text.Json.JsonSerializerOptions options) =>
        throw new NotSupportedException("documents are only written");

    public override void Write(
        System.Text.Json.Utf8JsonWriter writer, Dialect value,
        System.Text.Json.JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
}
