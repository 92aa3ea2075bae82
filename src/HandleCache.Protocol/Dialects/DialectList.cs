using System.Diagnostics.CodeAnalysis;

namespace HandleCache.Protocol.Dialects;

/// <summary>The dialects by name; the one place that knows all of them.</summary>
public static class DialectList
{
    /// <summary>Each as it was posted, without defects; classic first.</summary>
    public static IReadOnlyList<Dialect> All { get; } =
    [
        Dialect.Classic,
        Dialect.Thread,
        Dialect.V2,
        Dialect.V3,
        Dialect.Fusex,
    ];

    /// <summary>The dialect of this name; <paramref name="error"/> lists the known ones.</summary>
    public static bool TryParse(
        string name, [NotNullWhen(true)] out Dialect? dialect,
        [NotNullWhen(false)] out string? error) =>
        TryCreate(name, DialectOptions.Default, out dialect, out error);

    /// <summary>
    /// A dialect made to order; <paramref name="error"/> says which name or defect is wrong.
    /// </summary>
    public static bool TryCreate(
        string name, DialectOptions options, [NotNullWhen(true)] out Dialect? dialect,
        [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(options);
        dialect = null;
        DialectDefect? foreign = options.Defects.FirstOrDefault(d => d.Dialect != name);
        error = All.All(known => known.Name != name)
            ? $"unknown dialect '{name}'; known: {string.Join(", ", All.Select(d => d.Name))}"
            : foreign is not null
                ? $"defect '{foreign.Name}' belongs to dialect {foreign.Dialect}, not to {name}"
                : null;
        if (error is not null)
            return false;
        dialect = All.First(known => known.Name == name).With(options);
        return true;
    }

    /// <summary>The defect of this name; <paramref name="error"/> lists the known ones.</summary>
    public static bool TryParseDefect(
        string name, [NotNullWhen(true)] out DialectDefect? defect,
        [NotNullWhen(false)] out string? error)
    {
        defect = DialectDefect.All.FirstOrDefault(d => d.Name == name);
        error = defect is not null
            ? null
            : $"unknown defect '{name}'; known: "
                + string.Join(", ", DialectDefect.All.Select(d => d.Name));
        return defect is not null;
    }
}
