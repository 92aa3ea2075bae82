namespace HandleCache.Lab.Prove;

/// <summary>Where a hook's text goes.</summary>
internal enum HookPlace
{
    /// <summary>New lines before the line of the anchor.</summary>
    Before,

    /// <summary>New lines behind the line of the anchor.</summary>
    After,

    /// <summary>In place of the anchor itself.</summary>
    Instead,
}

/// <summary>The part of a file that an anchor is looked for in.</summary>
internal enum HookScopeKind
{
    /// <summary>All of it.</summary>
    File,

    /// <summary>A function's definition.</summary>
    Function,

    /// <summary>A function's declaration.</summary>
    Declaration,

    /// <summary>struct NAME { ... }.</summary>
    Struct,
}

/// <summary>A scope by its kind and name; the file has none.</summary>
internal readonly record struct HookScope(HookScopeKind Kind, string Name)
{
    public override string ToString() => Kind switch
    {
        HookScopeKind.File => "the file",
        HookScopeKind.Function => $"{Name}()",
        HookScopeKind.Declaration => $"the declaration of {Name}()",
        HookScopeKind.Struct => $"struct {Name}",
        _ => throw new InvalidOperationException($"unknown scope {Kind}"),
    };
}

/// <summary>A row of a hook table: an anchor and the text that it gets.</summary>
internal sealed record Hook(
    string File, HookScope Scope, HookPlace Place, string Anchor, IReadOnlyList<string> Text);

/// <summary>
/// A table of anchored insertions into somebody else's source, which holds no more of it than the
/// anchors (models/linux/*.hooks, whose head says how it is written).
/// </summary>
internal static class HookTable
{
    /// <exception cref="FormatException">A line that is none, by its number.</exception>
    public static IReadOnlyList<Hook> Parse(string text)
    {
        List<Hook> hooks = [];
        string? file = null;
        HookScope? scope = null;
        List<string>? lines = null;
        string[] all = text.Split('\n');
        for (int i = 0; i < all.Length; i++)
        {
            string line = all[i];
            if (line.Length == 0 || line[0] == '#')
                continue;
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            string word = space < 0 ? line : line[..space];
            string rest = space < 0 ? "" : line[(space + 1)..];
            switch (word)
            {
                case "file" when rest.Length > 0:
                    (file, scope, lines) = (rest, null, null);
                    break;
                case "in" when file is not null && ScopeOf(rest) is { } named:
                    (scope, lines) = (named, null);
                    break;
                case "before" or "after" or "instead"
                    when file is not null && scope is { } where && rest.Length > 0:
                    lines = [];
                    hooks.Add(new Hook(file, where, PlaceOf(word), rest, lines));
                    break;
                case "|" when lines is not null:
                    lines.Add(rest);
                    break;
                default:
                    throw new FormatException($"line {i + 1}: '{line}' is no row of a hook table");
            }
        }

        return hooks.FirstOrDefault(hook => hook.Text.Count == 0) is { } empty
            ? throw new FormatException($"'{empty.Anchor}' gets no text")
            : hooks;
    }

    private static HookScope? ScopeOf(string text) => text.Split(' ') switch
    {
        ["file"] => new HookScope(HookScopeKind.File, ""),
        ["struct", var name] => new HookScope(HookScopeKind.Struct, name),
        ["declaration", var name] => new HookScope(HookScopeKind.Declaration, name),
        [var name] when name.Length > 0 => new HookScope(HookScopeKind.Function, name),
        _ => null,
    };

    private static HookPlace PlaceOf(string word) => word switch
    {
        "before" => HookPlace.Before,
        "after" => HookPlace.After,
        _ => HookPlace.Instead,
    };
}
