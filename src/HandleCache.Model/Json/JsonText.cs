using System.Text.Json;

namespace HandleCache.Model.Json;

/// <summary>
/// Turns bytes into a JSON document; malformed text is a value with line and column.
/// </summary>
public static class JsonText
{
    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        MaxDepth = 16,
    };

    /// <summary>
    /// The document, which the caller disposes; or null and the message in
    /// <paramref name="error"/>.
    /// </summary>
    public static JsonDocument? TryParse(ReadOnlySpan<byte> utf8, out string? error)
    {
        try
        {
            error = null;
            return JsonDocument.Parse(utf8.ToArray(), Options);
        }
        catch (JsonException e)
        {
            error = e.LineNumber is { } line
                ? FormattableString.Invariant(
                    $"line {line + 1}, column {e.BytePositionInLine + 1}: not JSON")
                : $"not JSON: {e.Message}";
            return null;
        }
    }
}
