using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HandleCache.Cli.Common;

/// <summary>
/// The one JSON document of <c>--json</c>: camelCase, two-space indent, enums by name, on stdout
/// and nothing else there.
/// </summary>
internal static class JsonOutput
{
    /// <summary>
    /// Version of the shape of all documents; raised when a field changes meaning.
    /// </summary>
    public const int SchemaVersion = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Write<T>(T document) =>
        Console.Out.WriteLine(JsonSerializer.Serialize(document, Options));
}
