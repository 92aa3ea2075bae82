using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Scripted;

/// <summary>An object of a script's server.</summary>
public sealed class ScriptNode(ulong nodeId, ulong generation, uint mode)
{
    public ulong NodeId { get; set; } = nodeId;

    public ulong Generation { get; set; } = generation;

    public uint Mode { get; set; } = mode;

    public uint NLink { get; set; } = 1;

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    public uint Rdev { get; init; }

    public ulong Ino { get; init; }

    public ulong ATime { get; set; }

    public ulong MTime { get; set; }

    public ulong CTime { get; set; }

    public byte[] Data { get; set; } = [];

    /// <summary>Children by name, with the cookie of their place in the directory.</summary>
    public Dictionary<string, (long Cookie, ScriptNode Node)> Children { get; } =
        new(StringComparer.Ordinal);

    public SortedDictionary<string, byte[]> Xattrs { get; } = new(StringComparer.Ordinal);

    /// <summary>Changed where a hostile server changes the object's handle.</summary>
    public ulong HandleSalt { get; set; }

    public ScriptNode? Parent { get; set; }

    public bool IsDirectory => FileModes.IsDirectory(Mode);

    public uint DirentType => (Mode & FileModes.TypeMask) >> FileModes.TypeShift;

    public fuse_attr Attributes => new()
    {
        ino = Ino,
        size = (ulong)Data.Length,
        blocks = (ulong)(Data.Length + 511) / 512,
        atime = ATime,
        mtime = MTime,
        ctime = CTime,
        mode = Mode,
        nlink = NLink,
        uid = Uid,
        gid = Gid,
        rdev = Rdev,
        blksize = 4096,
    };
}
