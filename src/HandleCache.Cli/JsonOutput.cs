using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using HandleCache.Cli.Common;
using HandleCache.Cli.Compare;
using HandleCache.Cli.Design;
using HandleCache.Cli.Drive;
using HandleCache.Cli.Kernels;
using HandleCache.Cli.Layout;
using HandleCache.Cli.Prove;
using HandleCache.Cli.Replay;
using HandleCache.Cli.Report;
using HandleCache.Cli.Restart;
using HandleCache.Cli.Scale;
using HandleCache.Cli.Slab;
using HandleCache.Cli.Soak;
using HandleCache.Cli.Survey;
using HandleCache.Cli.Sweep;
using HandleCache.Cli.Validate;
using HandleCache.Cli.Watch;
using HandleCache.Lab.Replay;
using HandleCache.Lab.Restart;
using HandleCache.Lab.Validate;
using HandleCache.Model.Slab;
using HandleCache.Server.Sessions;

namespace HandleCache.Cli;

/// <summary>
/// The one JSON document of <c>--json</c>: camelCase, two-space indent, enums by name, on stdout
/// and nothing else there. Serializers are generated at compile time, since nothing may look at
/// types while the program runs where it is compiled ahead of time.
/// </summary>
internal static class JsonOutput
{
    /// <summary>
    /// Version of the shape of all documents; raised when a field changes meaning.
    /// </summary>
    public const int SchemaVersion = 1;

    private static readonly JsonDocuments Documents = new(
        new JsonSerializerOptions(JsonDocuments.Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });

    /// <summary>How every document is written.</summary>
    public static JsonSerializerOptions Options => Documents.Options;

    /// <summary>What is known at compile time of one of the documents.</summary>
    public static JsonTypeInfo TypeOf(Type document) => Documents.GetTypeInfo(document)
        ?? throw new InvalidOperationException($"{document.Name} is not one of JsonDocuments");

    /// <param name="document">One of the types of <see cref="JsonDocuments"/>.</param>
    public static void Write<T>(T document) => Console.Out.WriteLine(
        document is JsonNode node
            ? node.ToJsonString(Options)
            : JsonSerializer.Serialize(document, typeof(T), Documents));
}

/// <summary>Why there is no result: what --json prints in place of it.</summary>
/// <param name="SchemaVersion">As that of every document.</param>
/// <param name="Error">What standard error says, too.</param>
/// <param name="ExitCode">That of the process.</param>
internal sealed record ErrorDocument(int SchemaVersion, string Error, int ExitCode);

/// <summary>An enum by its name in camelCase.</summary>
internal sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase)
    where T : struct, Enum;

/// <summary>Every document that a command prints: a new one is a line here.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(CamelCaseEnum<EvictionMethod>),
        typeof(CamelCaseEnum<FreePointerPlace>),
        typeof(CamelCaseEnum<ReadDirPlusMode>),
        typeof(CamelCaseEnum<RestartWorkload>),
        typeof(CamelCaseEnum<TraceFileFormat>),
        typeof(CamelCaseEnum<VectorPlacement>),
        typeof(DialectJson),
    ])]
[JsonSerializable(typeof(CompareDocument))]
[JsonSerializable(typeof(DesignDocument))]
[JsonSerializable(typeof(DriveDocument))]
[JsonSerializable(typeof(HostileDocument))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(KernelsDocument))]
[JsonSerializable(typeof(LayoutDocument))]
[JsonSerializable(typeof(ProveDocument))]
[JsonSerializable(typeof(ReplayDocument))]
[JsonSerializable(typeof(ReportDocument))]
[JsonSerializable(typeof(RestartDocument))]
[JsonSerializable(typeof(RestartModelDocument))]
[JsonSerializable(typeof(ScaleDocument))]
[JsonSerializable(typeof(SlabDocument))]
[JsonSerializable(typeof(SlabVerifyDocument))]
[JsonSerializable(typeof(StatStormDocument))]
[JsonSerializable(typeof(SoakDocument))]
[JsonSerializable(typeof(SurveyDocument))]
[JsonSerializable(typeof(SweepDocument))]
[JsonSerializable(typeof(ValidateDocument))]
[JsonSerializable(typeof(WatchDocument))]
internal sealed partial class JsonDocuments : JsonSerializerContext;
