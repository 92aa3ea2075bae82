using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Cli;

/// <summary>
/// JSON schemas of the documents, made from their types: what a document may hold is closed, and
/// what is always there is required, so that a schema says all of one
/// <see cref="JsonOutput.SchemaVersion"/>.
/// </summary>
internal static class JsonSchemas
{
    private const string Properties = "properties";
    private const string SchemaVersionField = "schemaVersion";

    private static readonly JsonSchemaExporterOptions Exporter = new()
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = (context, node) => Closed(context, node),
    };

    /// <summary>The schema of all that a command prints for --json, an error too.</summary>
    /// <param name="command">Its name.</param>
    /// <param name="documents">Its documents.</param>
    public static string Of(string command, IReadOnlyList<Type> documents)
    {
        JsonObject definitions = [];
        JsonArray choices = [];
        foreach (Type type in documents.Append(typeof(ErrorDocument)))
        {
            JsonTypeInfo info = JsonOutput.TypeOf(type);
            JsonNode schema = JsonSchemaExporter.GetJsonSchemaAsNode(info, Exporter);
            string at = $"#/$defs/{type.Name}";
            Rebase(schema, at);
            definitions.Add(type.Name, schema);
            choices.Add((JsonNode)new JsonObject { ["$ref"] = at });
        }

        JsonObject all = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = string.Create(
                CultureInfo.InvariantCulture,
                $"handlecache {command} --json, schema version {JsonOutput.SchemaVersion}"),
            ["oneOf"] = choices,
            ["$defs"] = definitions,
        };
        return all.ToJsonString(JsonOutput.Options);
    }

    private static JsonNode Closed(JsonSchemaExporterContext context, JsonNode node)
    {
        // A converter of our own writes a dialect as its name; the exporter knows no more than
        // that there is a converter.
        JsonNode result = typeof(Dialect).IsAssignableFrom(context.TypeInfo.Type)
            ? new JsonObject { ["type"] = "string" }
            : node;
        if (result is not JsonObject schema)
            return result;
        if (context.TypeInfo.Kind == JsonTypeInfoKind.Object && schema[Properties] is not null)
            Close(context.TypeInfo, schema);
        if (context.PropertyInfo is { } property)
        {
            WithoutNull(schema);
            if (property.Name == SchemaVersionField)
                return new JsonObject { ["const"] = JsonOutput.SchemaVersion };
        }

        return schema;
    }

    private static void Close(JsonTypeInfo type, JsonObject schema)
    {
        JsonObject properties = schema[Properties]!.AsObject();
        schema["required"] = new JsonArray([.. type.Properties
            .Where(p => properties.ContainsKey(p.Name) && !IsLeftOut(p))
            .Select(p => (JsonNode)p.Name)]);
        schema["additionalProperties"] = false;
    }

    /// <summary>What is null is left out of a document.</summary>
    private static bool IsLeftOut(JsonPropertyInfo property) => property.PropertyType.IsValueType
        ? Nullable.GetUnderlyingType(property.PropertyType) is not null
        : property.IsGetNullable;

    private static void WithoutNull(JsonObject schema)
    {
        if (schema["type"] is JsonArray types)
        {
            JsonNode?[] left =
                [.. types.Where(t => t!.GetValue<string>() != "null").Select(t => t!.DeepClone())];
            schema["type"] = left.Length == 1 ? left[0] : new JsonArray(left);
        }

        if (schema["enum"] is JsonArray values)
            schema["enum"] = new JsonArray(
                [.. values.Where(v => v is not null).Select(v => v!.DeepClone())]);
    }

    /// <summary>
    /// A type that holds itself points at its own place, which is not the document's root here.
    /// </summary>
    private static void Rebase(JsonNode? node, string at)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode? item in array)
                Rebase(item, at);
        }

        if (node is not JsonObject schema)
            return;
        foreach ((string name, JsonNode? value) in schema.ToArray())
        {
            if (name == "$ref" && value is JsonValue)
                schema[name] = at + value.GetValue<string>()[1..];
            else
                Rebase(value, at);
        }
    }
}
