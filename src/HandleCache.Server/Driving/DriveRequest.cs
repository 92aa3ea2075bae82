using System.Text;
using HandleCache.Protocol.Abi;

namespace HandleCache.Server.Driving;

/// <summary>What of a request is needed until its reply, in today's form.</summary>
internal sealed record DriveRequest(FuseOpcode Opcode, ulong NodeId, ulong Unique, byte[] Body)
{
    private const int ShownBytes = 24;

    /// <summary>The first name in the body; empty where the operation has none.</summary>
    public string Name => Names.Length > 0 ? Names[0] : "";

    /// <summary>The second name of RENAME and SYMLINK; empty where there is none.</summary>
    public string SecondName => Names.Length > 1 ? Names[1] : "";

    /// <summary>What it asks for depends on the nodeid alone, not on a name.</summary>
    public bool IsAboutNodeId => Opcode is FuseOpcode.FUSE_GETATTR or FuseOpcode.FUSE_SETATTR
        or FuseOpcode.FUSE_STATX or FuseOpcode.FUSE_READLINK or FuseOpcode.FUSE_OPEN
        or FuseOpcode.FUSE_ACCESS or FuseOpcode.FUSE_STATFS;

    /// <summary>LOOKUP of "." or "..", which may come for a nodeid long forgotten.</summary>
    public bool IsExportLookup =>
        Opcode == FuseOpcode.FUSE_LOOKUP && Name is "." or "..";

    private string[] Names => NamesAt(Opcode) is { } at && at <= Body.Length
        ? Encoding.Latin1.GetString(Body.AsSpan(at)).Split('\0')
        : [];

    /// <summary>The word of the body at an offset in bytes; 0 behind its end.</summary>
    public uint Word(int at) => at + sizeof(uint) <= Body.Length
        ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(Body.AsSpan(at))
        : 0;

    /// <summary>The 64-bit word of the body at an offset in bytes; 0 behind its end.</summary>
    public ulong Long(int at) => Word(at) | ((ulong)Word(at + sizeof(uint)) << 32);

    public override string ToString()
    {
        string name = Opcode.ToString().Replace("FUSE_", "", StringComparison.Ordinal);
        string rest = Names.Length > 0
            ? string.Join(' ', Names.Where(n => n.Length > 0).Select(n => $"\"{n}\""))
            : Convert.ToHexStringLower(Body.AsSpan(0, Math.Min(Body.Length, ShownBytes)));
        return FormattableString.Invariant($"{name} {NodeId} {rest}").TrimEnd();
    }

    /// <summary>Where the names begin, bytes (uapi/linux/fuse.h).</summary>
    private static int? NamesAt(FuseOpcode opcode) => opcode switch
    {
        FuseOpcode.FUSE_LOOKUP or FuseOpcode.FUSE_UNLINK or FuseOpcode.FUSE_RMDIR
            or FuseOpcode.FUSE_SYMLINK or FuseOpcode.FUSE_REMOVEXATTR => 0,
        FuseOpcode.FUSE_MKDIR or FuseOpcode.FUSE_LINK or FuseOpcode.FUSE_RENAME
            or FuseOpcode.FUSE_GETXATTR => 8,
        FuseOpcode.FUSE_MKNOD or FuseOpcode.FUSE_CREATE or FuseOpcode.FUSE_TMPFILE
            or FuseOpcode.FUSE_RENAME2 => 16,
        _ => null,
    };
}
