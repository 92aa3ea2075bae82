using System.Text.Json;
using System.Text.Json.Serialization;

namespace HandleCache.Bars.Table;

/// <summary>What one part measured; the format of <c>perf/README.md</c>.</summary>
internal sealed record ResultFile
{
    public const int Schema = 1;

    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public int SchemaVersion { get; init; } = Schema;

    public required string Title { get; init; }

    /// <summary>Tables are sorted by this.</summary>
    public required int Order { get; init; }

    public required string Command { get; init; }

    /// <summary>quick or full.</summary>
    public required string Mode { get; init; }

    public required DateTimeOffset Date { get; init; }

    public required Machine Machine { get; init; }

    public IReadOnlyList<string> Notes { get; init; } = [];

    public required IReadOnlyList<ResultRow> Rows { get; init; }

    public static Machine ReadMachine(string json) =>
        JsonSerializer.Deserialize<Machine>(json, _options)
            ?? throw new FormatException("no machine");

    /// <exception cref="FormatException">Not a result file; it says where and why.</exception>
    public static ResultFile Read(string path)
    {
        ResultFile? file;
        try
        {
            file = JsonSerializer.Deserialize<ResultFile>(File.ReadAllText(path), _options);
        }
        catch (JsonException error)
        {
            throw new FormatException($"{path}: {error.Message}", error);
        }

        if (file is null || file.SchemaVersion != Schema)
            throw new FormatException($"{path}: not a result file of schemaVersion {Schema}");
        foreach (ResultRow row in file.Rows)
        {
            if (row.Broken() is { } broken)
                throw new FormatException($"{path}: {broken}");
        }

        return file;
    }

    public void Write(string path) =>
        File.WriteAllText(path, JsonSerializer.Serialize(this, _options) + "\n");
}
