using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

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
    /// <param name="utf8">The whole file.</param>
    /// <param name="error">Null on success.</param>
    /// <param name="allowComments">
    /// Comments and a comma behind the last member, for files that people write by hand.
    /// </param>
    public static JsonDocument? TryParse(
        ReadOnlySpan<byte> utf8, out string? error, bool allowComments = false)
    {
        if (!Utf8.IsValid(utf8))
        {
            error = NotUtf8(utf8);
            return null;
        }

        try
        {
            error = null;
            JsonDocumentOptions options = Options;
            if (allowComments)
            {
                options.CommentHandling = JsonCommentHandling.Skip;
                options.AllowTrailingCommas = true;
            }

            return JsonDocument.Parse(utf8.ToArray(), options);
        }
        catch (JsonException e)
        {
            error = e.LineNumber is { } line
                ? FormattableString.Invariant(
                    $"line {line + 1}, column {e.BytePositionInLine + 1}: not JSON: {Cause(e)}")
                : $"not JSON: {e.Message}";
            return null;
        }
    }

    // The parser puts the place behind the cause, counted from 0.
    private static string Cause(JsonException e)
    {
        int place = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (place < 0 ? e.Message : e.Message[..place]).TrimEnd('.');
    }

    // The parser looks at strings only when they are read, and then throws.
    private static string NotUtf8(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int used) == OperationStatus.Done)
            at += used;
        ReadOnlySpan<byte> before = bytes[..at];
        return FormattableString.Invariant(
            $"line {before.Count((byte)'\n') + 1}, ")
            + FormattableString.Invariant(
                $"column {at - before.LastIndexOf((byte)'\n')}: not UTF-8 (0x{bytes[at]:x2})");
    }
}
