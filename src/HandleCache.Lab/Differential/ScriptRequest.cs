using HandleCache.Protocol.Abi;

namespace HandleCache.Lab.Differential;

/// <summary>A request in the form in which two streams are compared.</summary>
public sealed class ScriptRequest(FuseOpcode opcode, ulong nodeId, byte[] body)
    : IEquatable<ScriptRequest>
{
    private const int ShownBytes = 72;

    public FuseOpcode Opcode { get; } = opcode;

    public ulong NodeId { get; } = nodeId;

    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>For whom it is, in the head.</summary>
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>
    /// The handle that it brings, type and bytes; empty for none, or where it is not compared.
    /// </summary>
    public string Handle { get; init; } = "";

    public bool Equals(ScriptRequest? other) =>
        other is not null && Opcode == other.Opcode && NodeId == other.NodeId
        && Uid == other.Uid && Gid == other.Gid && Handle == other.Handle
        && Body.Span.SequenceEqual(other.Body.Span);

    public override bool Equals(object? obj) => Equals(obj as ScriptRequest);

    public override int GetHashCode() => HashCode.Combine(Opcode, NodeId, Body.Length);

    public override string ToString()
    {
        string name = Opcode.ToString().Replace("FUSE_", "", StringComparison.Ordinal);
        string body = Opcode is FuseOpcode.FUSE_LOOKUP or FuseOpcode.FUSE_UNLINK
            or FuseOpcode.FUSE_RMDIR or FuseOpcode.FUSE_REMOVEXATTR
            ? $"\"{System.Text.Encoding.Latin1.GetString(Body.Span.TrimEnd((byte)0))}\""
            : Convert.ToHexStringLower(Body.Span[..Math.Min(Body.Length, ShownBytes)]);
        string caller = Uid == 0 && Gid == 0
            ? ""
            : FormattableString.Invariant($" uid {Uid} gid {Gid}");
        return FormattableString.Invariant($"{name} {NodeId} {body} {Handle}").TrimEnd() + caller;
    }
}
