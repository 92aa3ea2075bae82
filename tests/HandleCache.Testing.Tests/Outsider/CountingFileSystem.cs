using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace Outsider;

/// <summary>
/// A server of a tree in memory that counts lookups. With <paramref name="countsTwice"/> it has a
/// fault: what a listing brings is counted twice, so that its objects are never let go.
/// </summary>
public sealed class CountingFileSystem(bool countsTwice) : FileSystem
{
    private sealed class Node(ulong id, uint mode)
    {
        public ulong Id => id;
        public uint Mode { get; set; } = mode;
        public uint Links { get; set; }
        public ulong Count { get; set; }
        public SortedDictionary<string, Node> Names { get; } = new(StringComparer.Ordinal);
    }

    private readonly Dictionary<ulong, Node> _nodes = new() { [1] = new(1, 0x41ED) { Links = 2 } };
    private ulong _last = 1;

    /// <summary>Lookups of a nodeid that this server counts.</summary>
    public ulong CountOf(ulong nodeId) =>
        _nodes.TryGetValue(nodeId, out Node? node) ? node.Count : 0;

    public override void Forget(ulong nodeid, ulong nlookup)
    {
        if (!_nodes.TryGetValue(nodeid, out Node? node) || nodeid == 1)
            return;
        node.Count -= Math.Min(nlookup, node.Count);
        Drop(node);
    }

    public override Errno Lookup(
        in RequestContext context, ReadOnlySpan<byte> name, ref ReplyBuilder reply) =>
        !_nodes.TryGetValue(context.NodeId, out Node? parent) ? Errno.ESTALE
        : parent.Names.TryGetValue(Encoding.UTF8.GetString(name), out Node? node)
            ? reply.WriteEntry(Entry(node), 0, []) : Errno.ENOENT;

    public override Errno GetAttr(
        in RequestContext context, in fuse_getattr_in arguments, ref ReplyBuilder reply)
    {
        if (!_nodes.TryGetValue(context.NodeId, out Node? node))
            return Errno.ESTALE;
        reply.Write(new fuse_attr_out { attr_valid = 1, attr = Attributes(node) });
        return Errno.None;
    }

    public override Errno MkDir(
        in RequestContext context, in fuse_mkdir_in arguments, ReadOnlySpan<byte> name,
        ref ReplyBuilder reply) => Make(context, arguments.mode & 0xFFF | 0x4000, name, ref reply);

    public override Errno MkNod(
        in RequestContext context, in fuse_mknod_in arguments, ReadOnlySpan<byte> name,
        ref ReplyBuilder reply) => Make(context, arguments.mode, name, ref reply);

    public override Errno Unlink(in RequestContext context, ReadOnlySpan<byte> name) =>
        Remove(context.NodeId, Encoding.UTF8.GetString(name));

    public override Errno RmDir(in RequestContext context, ReadOnlySpan<byte> name) =>
        Remove(context.NodeId, Encoding.UTF8.GetString(name));

    public override Errno ReadDirPlus(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
    {
        if (!_nodes.TryGetValue(context.NodeId, out Node? directory))
            return Errno.ESTALE;
        DirentWriter records = reply.Dirents(arguments.size);
        ulong at = 0;
        foreach ((string name, Node node) in directory.Names)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            if (at++ < arguments.offset)
                continue;
            if (!records.FitsPlus(reply.Dialect, 0, bytes.Length))
                break;
            fuse_dirent record = new() { ino = node.Id, off = at, type = node.Mode >> 12 };
            records.TryAddPlus(reply.Dialect, Entry(node), 0, [], record, bytes);
            node.Count += countsTwice ? 1u : 0;
        }

        reply.Advance(records.WrittenBytes);
        return Errno.None;
    }

    private Errno Make(
        in RequestContext context, uint mode, ReadOnlySpan<byte> name, ref ReplyBuilder reply)
    {
        if (!_nodes.TryGetValue(context.NodeId, out Node? parent))
            return Errno.ESTALE;
        Node node = new(++_last, mode) { Links = 1 };
        if (!parent.Names.TryAdd(Encoding.UTF8.GetString(name), node))
            return Errno.EEXIST;
        _nodes.Add(node.Id, node);
        return reply.WriteEntry(Entry(node), 0, []);
    }

    private Errno Remove(ulong parent, string name)
    {
        if (!_nodes.TryGetValue(parent, out Node? directory))
            return Errno.ESTALE;
        if (!directory.Names.TryGetValue(name, out Node? node))
            return Errno.ENOENT;
        if (node.Names.Count > 0)
            return Errno.ENOTEMPTY;
        directory.Names.Remove(name);
        node.Links = 0;
        Drop(node);
        return Errno.None;
    }

    private void Drop(Node node)
    {
        if (node.Count == 0 && node.Links == 0)
            _nodes.Remove(node.Id);
    }

    private static fuse_entry_out Entry(Node node)
    {
        node.Count++;
        return new() { nodeid = node.Id, entry_valid = 1, attr_valid = 1, attr = Attributes(node) };
    }

    private static fuse_attr Attributes(Node node) =>
        new() { ino = node.Id, mode = node.Mode, nlink = node.Links, blksize = 4096 };
}
