using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using HandleCache.Cli.Common;
using HandleCache.Protocol.Dialects;
using Json.Schema;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>Holds a document against the schema that its command prints.</summary>
internal static class DocumentSchema
{
    /// <summary>What `handlecache COMMAND --schema` prints.</summary>
    public static string TextOf(string command) => JsonSchemas.Of(
        command,
        JsonOption.Of(Program.Commands(DialectList.All).Subcommands
            .Single(c => c.Name == command))!.Documents);

    /// <summary>The document is valid, and says what is wrong with it if not.</summary>
    public static void AssertValid(string command, JsonElement document) =>
        AssertValid(command, JsonSerializer.SerializeToNode(document)!);

    /// <inheritdoc cref="AssertValid(string, JsonElement)"/>
    public static void AssertValid(string command, JsonNode document)
    {
        EvaluationResults results = Evaluate(command, document);
        IEnumerable<string> errors = results.Details
            .Where(d => d.HasErrors)
            .SelectMany(d => d.Errors!.Select(e => $"{d.InstanceLocation} {e.Key}: {e.Value}"));
        Assert.True(
            results.IsValid,
            $"{command} --json is not what {command} --schema says: {string.Join("; ", errors)}");
    }

    public static bool IsValid(string command, JsonNode document) =>
        Evaluate(command, document).IsValid;

    private static EvaluationResults Evaluate(string command, JsonNode document) =>
        JsonSchema.FromText(TextOf(command)).Evaluate(
            document, new EvaluationOptions { OutputFormat = OutputFormat.List });
}
