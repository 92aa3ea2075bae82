using HandleCache.Protocol.Abi;

namespace HandleCache.Lab.Differential;

/// <summary>A request in the form in which two streams are compared.</summary>
/// <param name="opcode">What it asks for.</param>
/// <param name="nodeId">Of what.</param>
/// <param name="body">What follows the head.</param>
/// <param name="uid">For whom, in the head.</param>
/// <param name="gid">The same, the group.</param>
public sealed class ScriptRequest(
    FuseOpcode opcode, ulong nodeId, byte[] body, uint uid = 0, uint gid = 0)
    : IEquatable<ScriptRequest>
{
    private const int ShownBytes = 72;

    private readonly uint _uid = uid;

    private readonly uint _gid = gid;

    public FuseOpcode Opcode { get; } = opcode;

    public ulong NodeId { get; } = nodeId;

    public ReadOnlyMemory<byte> Body { get; } = body;

    public bool Equals(ScriptRequest? other) =>
        other is not null && Opcode == other.Opcode && NodeId == other.NodeId
        && _uid == other._uid && _gid == other._gid && Body.Span.SequenceEqual(other.Body.Span);

    public override bool Equals(object? obj) => Equals(obj as ScriptRequest);

    public override int GetHashCode() => HashCode.Combine(Opcode, NodeId, Body.Length);

    public override string ToString()
    {
        string name = Opcode.ToString().Replace("FUSE_", "", StringComparison.Ordinal);
        string body = Opcode is FuseOpcode.FUSE_LOOKUP or FuseOpcode.FUSE_UNLINK
            or FuseOpcode.FUSE_RMDIR or FuseOpcode.FUSE_REMOVEXATTR
            ? $"\"{System.Text.Encoding.Latin1.GetString(Body.Span.TrimEnd((byte)0))}\""
            : Convert.ToHexStringLower(Body.Span[..Math.Min(Body.Length, ShownBytes)]);
        string caller = _uid == 0 && _gid == 0
            ? ""
            : FormattableString.Invariant($" uid {_uid} gid {_gid}");
        return FormattableString.Invariant($"{name} {NodeId} {body}").TrimEnd() + caller;
    }
}
