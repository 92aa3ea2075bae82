using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// A request with everything a dialect added taken out: what it would be today, and the handle of
/// the inode that its nodeid names (of LOOKUP and the creating operations: of the parent).
/// </summary>
public readonly ref struct WireRequest
{
    public WireRequest(
        scoped in fuse_in_header header, ReadOnlySpan<byte> body, FileHandle handle)
    {
        Header = header;
        Body = body;
        Handle = handle;
    }

    /// <summary>As it came, but for the opcode, which is today's.</summary>
    public fuse_in_header Header { get; }

    public FuseOpcode Opcode => (FuseOpcode)Header.opcode;

    /// <summary>What follows the head in today's form, extensions left out.</summary>
    public ReadOnlySpan<byte> Body { get; }

    public FileHandle Handle { get; }

    /// <summary>
    /// It is the first part of a declined compound: only the entry is the reply, and what the
    /// other parts return is asked for apart.
    /// </summary>
    public bool IsAlone { get; init; }

    /// <summary>
    /// A compound with parts that no server here carries out in one (SETXATTR): it is declined, and
    /// the kernel sends its parts one at a time.
    /// </summary>
    public bool IsUnsupported { get; init; }
}
