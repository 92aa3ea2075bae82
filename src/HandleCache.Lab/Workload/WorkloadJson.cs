using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace HandleCache.Lab.Workload;

/// <summary>One message a line: no newline inside, ASCII only (all else is escaped).</summary>
internal static class WorkloadJson
{
    public static string ToLine(WorkloadRequest request) =>
        JsonSerializer.Serialize(request, LabJson.Default.WorkloadRequest);

    public static string ToLine(WorkloadReply reply) =>
        JsonSerializer.Serialize(reply, LabJson.Default.WorkloadReply);

    /// <exception cref="BadInputException">Not a request.</exception>
    public static WorkloadRequest ReadRequest(string line) =>
        Read(line, LabJson.Default.WorkloadRequest);

    /// <exception cref="BadInputException">Not a reply.</exception>
    public static WorkloadReply ReadReply(string line) =>
        Read(line, LabJson.Default.WorkloadReply);

    private static T Read<T>(string line, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(line, type)
                ?? throw new BadInputException("a message cannot be null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new BadInputException($"not a workload message: {e.Message}", e);
        }
    }
}
