using System.Text;
using System.Text.Json;

namespace HandleCache.Model.Json;

/// <summary>
/// Finds the line of a field, for messages about fields that read well otherwise.
/// </summary>
public static class JsonLines
{
    private const string Before = "field '";

    /// <summary>
    /// "line N, field 'PATH': rule" for "field 'PATH': rule"; where the field is missing, the
    /// line is that of the object that should have it.
    /// </summary>
    public static string Locate(ReadOnlySpan<byte> utf8, string error)
    {
        ArgumentNullException.ThrowIfNull(error);
        int end = error.IndexOf('\'', Before.Length);
        if (!error.StartsWith(Before, StringComparison.Ordinal) || end < 0)
            return error;
        string path = error[Before.Length..end];
        return FormattableString.Invariant($"line {LineOf(utf8, path)}, {error}");
    }

    /// <summary>
    /// The line, from 1, of a path as <see cref="JsonFields"/> spells it
    /// (<c>lengths[1].bytes</c>) in a document that parses.
    /// </summary>
    public static int LineOf(ReadOnlySpan<byte> utf8, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
        });
        List<(string Path, int Items, bool IsArray)> open = [];
        string name = "";
        long best = 0;
        int bestLength = -1;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                name = reader.GetString() ?? "";
                continue;
            }

            if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
            {
                open.RemoveAt(open.Count - 1);
                continue;
            }

            string here = PathOf(open, name);
            if (IsAtOrAbove(here, path) && here.Length > bestLength)
                (best, bestLength) = (reader.TokenStartIndex, here.Length);
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                open.Add((here, 0, reader.TokenType == JsonTokenType.StartArray));
        }

        return 1 + utf8[..(int)best].Count((byte)'\n');
    }

    private static string PathOf(List<(string Path, int Items, bool IsArray)> open, string name)
    {
        if (open.Count == 0)
            return "";
        (string path, int items, bool isArray) = open[^1];
        if (!isArray)
            return path.Length == 0 ? name : $"{path}.{name}";
        open[^1] = (path, items + 1, true);
        return new StringBuilder(path).Append('[').Append(items).Append(']').ToString();
    }

    private static bool IsAtOrAbove(string here, string path) =>
        path.StartsWith(here, StringComparison.Ordinal)
        && (here.Length == 0 || here.Length == path.Length || path[here.Length] is '.' or '[');
}
