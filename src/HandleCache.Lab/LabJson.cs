using System.Text.Json;
using System.Text.Json.Serialization;
using HandleCache.Lab.Nfs;
using HandleCache.Lab.Prove;
using HandleCache.Lab.Restart;
using HandleCache.Lab.Workload;

namespace HandleCache.Lab;

/// <summary>
/// What the processes of one run tell each other, a line each: serializers made at compile time.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(WorkloadRequest))]
[JsonSerializable(typeof(WorkloadReply))]
[JsonSerializable(typeof(ClientResult))]
[JsonSerializable(typeof(List<ProofRow>))]
[JsonSerializable(typeof(NfsResult))]
internal sealed partial class LabJson : JsonSerializerContext;
