using System.Text.Json.Nodes;
using HandleCache.Cli.Design;
using HandleCache.Lab.Designs;
using HandleCache.Lab.Restart.Modelled;

namespace HandleCache.Cli.Merge;

/// <summary>The answer of `design` names how many random histories were run.</summary>
internal static class DesignAnswer
{
    /// <summary>The answer of a part with the figures of the whole.</summary>
    public static string Of(JsonObject part, JsonObject whole) =>
        part["answer"]!.GetValue<string>().Replace(
            Safety(part), Safety(whole), StringComparison.Ordinal);

    private static string Safety(JsonObject document)
    {
        JsonNode safety = document["safety"]!;
        return DesignText.Safety(new DesignSafety(
            safety["histories"]!.GetValue<int>(),
            safety["mostSteps"]!.GetValue<int>(),
            safety["randomHistories"]!.GetValue<int>(),
            safety["seed"]!.GetValue<ulong>(),
            safety["steps"] is JsonArray steps
                ? new FoundHistory(
                    [.. steps.Select(step => step!.GetValue<string>())], NodeIdPolicy.PerLife,
                    safety["outcome"]!.GetValue<string>(), "")
                : null));
    }
}
