using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HandleCache.Cli.Common;
using HandleCache.Lab;

namespace HandleCache.Cli.Merge;

/// <summary>`merge`: the documents of --shard runs put together.</summary>
internal static class MergeCommand
{
    private const int NameColumns = 16;

    private static readonly Argument<string[]> Files = new("FILE")
    {
        Description = "What the parts printed with --json, in any order",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly JsonOption Json =
        SharedOptions.Json([.. MergeTable.All.Select(table => table.Document)]);

    public static Command Build()
    {
        Command command = new("merge", "Put the results of --shard runs together")
        {
            Files, Json,
        };
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Run(parsed)));
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        Merger merger = Merger.Run([.. parsed.GetRequiredValue(Files).Select(Read)]);
        foreach (int part in merger.Missing)
            Console.Error.WriteLine($"handlecache: part {part}/{merger.Of} is missing");
        CommandRunner.Report(parsed, () => merger.Whole, () => Text(merger));
        return merger.ExitCode;
    }

    /// <exception cref="BadInputException">Not what a part prints.</exception>
    private static Part Read(string file)
    {
        JsonObject document;
        try
        {
            document = JsonNode.Parse(File.ReadAllText(file)) as JsonObject
                ?? throw new BadInputException($"{file}: not a JSON document of this program");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new BadInputException($"{file}: {e.Message}", e);
        }

        if (Number(document["schemaVersion"]) != JsonOutput.SchemaVersion)
        {
            throw new BadInputException(string.Create(
                CultureInfo.InvariantCulture,
                $"{file}: schemaVersion is not {JsonOutput.SchemaVersion}, this program's"));
        }

        if (document["error"] is JsonValue error)
            throw new BadInputException($"{file}: that part has no result: {error}");
        return document["shard"] is JsonObject shard && shard["command"] is JsonValue command
            && Number(shard["of"]) is { } of && shard["parts"] is JsonArray parts
            && parts.Count > 0 && parts.All(p => Number(p) is { } n && n >= 1 && n <= of)
            ? new Part(file, document, new ShardJson(
                command.ToString(), of, [.. parts.Select(p => Number(p)!.Value)]))
            : throw new BadInputException($"{file}: not of a run with --shard");
    }

    private static int? Number(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out int number) ? number : null;

    private static string Text(Merger merger)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        StringBuilder text = new();
        text.Append(plain, $"{merger.Command}, {merger.Of - merger.Missing.Count} of ")
            .Append(plain, $"{merger.Of} parts\n");
        if (merger.Missing.Count > 0)
            TextTable.Paragraph(text, $"missing: {string.Join(", ", merger.Missing)}", 2);
        text.Append('\n');
        foreach ((string name, JsonNode? value) in merger.Whole)
        {
            if (value is not JsonValue || name is "schemaVersion" or "verdict" or "repeat")
                continue;
            StringBuilder words = new();
            TextTable.Paragraph(words, value.ToString(), NameColumns, NameColumns);
            text.Append(plain, $"{name,-NameColumns}").Append(words.ToString().TrimStart());
        }

        if (merger.Whole["differential"] is JsonObject differential)
        {
            text.Append("\nscripts on both kernels\n");
            foreach ((string name, JsonNode? value) in differential)
            {
                if (value is JsonValue)
                    text.Append(plain, $"  {name,-20}{value.ToString(),12}\n");
            }
        }

        if (merger.Whole["checks"] is JsonArray checks)
        {
            text.Append(plain, $"\n{"check",-20}{"compared",12}{"mismatches",14}\n");
            foreach (JsonNode? check in checks)
            {
                text.Append(plain, $"{check!["name"]!.ToString(),-20}")
                    .Append(plain, $"{check["compared"]!.ToString(),12}")
                    .Append(plain, $"{check["mismatches"]!.ToString(),14}\n");
                if (check["firstMismatch"] is { } first)
                    TextTable.Paragraph(text, first.ToString(), 2, 2);
            }
        }

        foreach (string found in new[] { "finding", "repeat" })
        {
            if (merger.Whole[found] is { } node)
                text.Append(plain, $"\n{found}: {node.ToJsonString(JsonOutput.Options)}\n");
        }

        if (merger.Whole["verdict"] is { } verdict)
        {
            text.Append(plain, $"\nverdict: {verdict}")
                .Append(merger.Missing.Count > 0 ? ", of the parts that are here\n" : "\n");
        }

        return text.ToString();
    }
}
