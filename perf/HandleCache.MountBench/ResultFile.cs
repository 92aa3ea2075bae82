using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace HandleCache.MountBench;

/// <summary>Another server's figure of the same row.</summary>
internal sealed record Peer(string Name, double Value);

/// <summary>A row of the result file; the format is described in perf/README.md.</summary>
internal sealed record ResultRow(string Name, string Unit, double Value)
{
    public IReadOnlyList<Peer>? Peers { get; init; }

    public string? Bar { get; init; }

    public double? Figure { get; init; }

    public bool? Met { get; init; }

    public string? Note { get; init; }
}

/// <summary>One part's results.</summary>
internal sealed record ResultFile(
    string Title,
    int Order,
    string Command,
    string Mode,
    DateTimeOffset Date,
    JsonNode Machine,
    IReadOnlyList<string> Notes,
    IReadOnlyList<ResultRow> Rows)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public int SchemaVersion { get; } = 1;

    public void Save(string path) =>
        File.WriteAllText(path, JsonSerializer.Serialize(this, Format) + "\n");
}
