using System.Text.Json;

namespace HandleCache.Lab.Workload;

/// <summary>One message a line: no newline inside, ASCII only (all else is escaped).</summary>
internal static class WorkloadJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static string ToLine(WorkloadRequest request) =>
        JsonSerializer.Serialize(request, Options);

    public static string ToLine(WorkloadReply reply) => JsonSerializer.Serialize(reply, Options);

    /// <exception cref="BadInputException">Not a request.</exception>
    public static WorkloadRequest ReadRequest(string line) => Read<WorkloadRequest>(line);

    /// <exception cref="BadInputException">Not a reply.</exception>
    public static WorkloadReply ReadReply(string line) => Read<WorkloadReply>(line);

    private static T Read<T>(string line)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, Options)
                ?? throw new BadInputException("a message cannot be null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new BadInputException($"not a workload message: {e.Message}", e);
        }
    }
}
