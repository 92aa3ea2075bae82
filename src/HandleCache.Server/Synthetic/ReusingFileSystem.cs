using System.Globalization;
using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Synthetic;

/// <summary>
/// A server that breaks the rule against reusing nodeids, on purpose and on command: the root
/// holds n00 to nNN, whose nodeids never change while their generations or types do. It is what
/// R1's "generation or type differs" and R15's bad inodes are seen with. Nothing it says may be
/// believed for any time.
/// </summary>
public sealed class ReusingFileSystem : FileSystem
{
    private const ulong FirstNodeId = 2;
    private readonly Lock _lock = new();
    private readonly ulong[] _generations;
    private readonly uint[] _types;

    public ReusingFileSystem(int names)
    {
        _generations = new ulong[names];
        _types = new uint[names];
        Array.Fill(_generations, 1UL);
        Array.Fill(_types, FileModes.Regular);
    }

    public static string NameOf(int index) => index.ToString("'n'00", CultureInfo.InvariantCulture);

    public static ulong NodeIdOf(int index) => FirstNodeId + (ulong)index;

    /// <summary>The nodeid stands for another object from now on.</summary>
    /// <param name="index">Which name.</param>
    /// <param name="newGeneration">It has a generation of its own.</param>
    /// <param name="newType">It is a fifo where it was a file, or the other way round.</param>
    public void Reuse(int index, bool newGeneration, bool newType)
    {
        lock (_lock)
        {
            if (newGeneration)
                _generations[index]++;
            if (newType)
            {
                _types[index] = _types[index] == FileModes.Regular
                    ? FileModes.Fifo
                    : FileModes.Regular;
            }
        }
    }

    /// <summary>Generation and type (S_IFMT) of a name's object now.</summary>
    public (ulong Generation, uint Type) Now(int index)
    {
        lock (_lock)
            return (_generations[index], _types[index]);
    }

    public override Errno Lookup(
        in RequestContext context, ReadOnlySpan<byte> name, ref ReplyBuilder reply)
    {
        if (context.NodeId != FuseConstants.FUSE_ROOT_ID)
            return Errno.ENOTDIR;
        for (int i = 0; i < _types.Length; i++)
        {
            if (!Encoding.ASCII.GetString(name).Equals(NameOf(i), StringComparison.Ordinal))
                continue;
            fuse_entry_out entry = new()
            {
                nodeid = NodeIdOf(i),
                generation = Now(i).Generation,
                attr = AttributesOf(NodeIdOf(i)),
            };
            return reply.WriteEntry(entry, 0, default);
        }

        return Errno.ENOENT;
    }

    public override Errno GetAttr(
        in RequestContext context, in fuse_getattr_in arguments, ref ReplyBuilder reply)
    {
        reply.Write(new fuse_attr_out { attr = AttributesOf(context.NodeId) });
        return Errno.None;
    }

    /// <summary>The same as GETATTR, for dialects whose entries have no attributes.</summary>
    public override Errno Statx(
        in RequestContext context, in fuse_statx_in arguments, ref ReplyBuilder reply)
    {
        reply.Write(StatxAttributes.Of(new() { attr = AttributesOf(context.NodeId) }));
        return Errno.None;
    }

    public override Errno Open(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply)
    {
        reply.Write(default(fuse_open_out));
        return Errno.None;
    }

    public override Errno OpenDir(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply) =>
        Open(context, arguments, ref reply);

    public override Errno Read(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply) =>
        Errno.None;

    public override Errno ReadDir(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
    {
        DirentWriter writer = reply.Dirents(arguments.size);
        for (int i = (int)Math.Min(arguments.offset, (ulong)_types.Length); i < _types.Length; i++)
        {
            byte[] name = Encoding.ASCII.GetBytes(NameOf(i));
            if (!writer.TryAdd(NodeIdOf(i), (ulong)i + 1, Now(i).Type >> 12, name))
                break;
        }

        reply.Advance(writer.WrittenBytes);
        return Errno.None;
    }

    private fuse_attr AttributesOf(ulong nodeid)
    {
        bool isRoot = nodeid == FuseConstants.FUSE_ROOT_ID;
        uint type = isRoot ? FileModes.Directory : Now((int)(nodeid - FirstNodeId)).Type;
        return new fuse_attr
        {
            ino = nodeid,
            mode = type | FileModes.Octal755,
            nlink = isRoot ? 2u : 1u,
        };
    }
}
