using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Scripted;

/// <summary>Names: looking up, making, linking, moving and removing.</summary>
public sealed partial class ScriptFileSystem
{
    public override Errno Lookup(
        in RequestContext context, ReadOnlySpan<byte> name, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            // "." is what open_by_handle_at looks up, of any nodeid that a handle names.
            string key = NameOf(name);
            Errno errno = key == "."
                ? BeginUnheld(context, out ScriptNode parent, out ulong chance)
                : Begin(context, out parent, out chance);
            if (errno != Errno.None)
                return errno;
            ScriptNode? found = key switch
            {
                "." => parent,
                ".." => parent.Parent,
                _ => parent.Children.TryGetValue(key, out (long Cookie, ScriptNode Node) child)
                    ? child.Node
                    : null,
            };
            if (chance != 0 && (chance & 2) != 0)
                return StrayError(chance);
            if (found is not null)
                return WriteEntry(ref reply, Entry(found, chance));
            if (!_options.NegativeEntries)
                return Errno.ENOENT;
            (ulong seconds, uint ns) = Validity(_options.EntryValidity, 3);
            fuse_entry_out negative = new() { entry_valid = seconds, entry_valid_nsec = ns };
            return WriteEntry(ref reply, negative);
        }
    }

    public override Errno MkDir(
        in RequestContext context, in fuse_mkdir_in arguments, ReadOnlySpan<byte> name,
        ref ReplyBuilder reply) =>
        Make(context, name, FileModes.Directory | (arguments.mode & FileModes.PermissionMask), 0,
            default, ref reply);

    public override Errno MkNod(
        in RequestContext context, in fuse_mknod_in arguments, ReadOnlySpan<byte> name,
        ref ReplyBuilder reply) =>
        Make(context, name, arguments.mode, arguments.rdev, default, ref reply);

    public override Errno Symlink(
        in RequestContext context, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target,
        ref ReplyBuilder reply) =>
        Make(context, name, FileModes.Symlink777, 0, target, ref reply);

    public override Errno Link(
        in RequestContext context, ulong oldNodeId, ReadOnlySpan<byte> newName,
        ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = Begin(context, out ScriptNode parent, out ulong chance);
            if (errno != Errno.None)
                return errno;
            Ledger.Ask(FuseOpcode.FUSE_LINK, oldNodeId);
            if (!_nodes.TryGetValue(oldNodeId, out ScriptNode? node))
                return Errno.ESTALE;
            if (parent.Children.ContainsKey(NameOf(newName)))
                return Errno.EEXIST;
            if (node.IsDirectory || node.NLink == 0)
                return Errno.EPERM;
            node.NLink++;
            node.CTime = ++_tick;
            AddChild(parent, NameOf(newName), node);
            return WriteEntry(ref reply, Entry(node, chance));
        }
    }

    public override Errno Create(
        in RequestContext context, in fuse_create_in arguments, ReadOnlySpan<byte> name,
        ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = Make(
                context, name, FileModes.Regular | (arguments.mode & FileModes.PermissionMask), 0,
                    default, ref reply);
            if (errno != Errno.None)
                return errno;
            ScriptNode made = _nodes[context.NodeId].Children[NameOf(name)].Node;
            reply.Write(Opened(made));
            return Errno.None;
        }
    }

    public override Errno TmpFile(
        in RequestContext context, in fuse_create_in arguments, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = BeginOrStray(context, out ScriptNode parent, out ulong chance);
            if (errno != Errno.None)
                return errno;
            if (!parent.IsDirectory)
                return Errno.ENOTDIR;
            ScriptNode made = NewNode(
                context, FileModes.Regular | (arguments.mode & FileModes.PermissionMask));
            made.NLink = 0;
            errno = WriteEntry(ref reply, Entry(made, chance));
            if (errno == Errno.None)
                reply.Write(Opened(made));
            return errno;
        }
    }

    public override Errno Unlink(in RequestContext context, ReadOnlySpan<byte> name) =>
        Remove(context, name, wantsDirectory: false);

    public override Errno RmDir(in RequestContext context, ReadOnlySpan<byte> name) =>
        Remove(context, name, wantsDirectory: true);

    public override Errno Rename(
        in RequestContext context, ulong newParent, uint flags, ReadOnlySpan<byte> oldName,
        ReadOnlySpan<byte> newName)
    {
        lock (_lock)
        {
            Errno errno = BeginOrStray(context, out ScriptNode from, out ulong chance);
            if (errno != Errno.None)
                return errno;
            Ledger.Ask(FuseOpcode.FUSE_RENAME, newParent);
            if (!_nodes.TryGetValue(newParent, out ScriptNode? to))
                return Errno.ESTALE;
            return Rename(from, NameOf(oldName), to, NameOf(newName), flags);
        }
    }

    private Errno Make(
        in RequestContext context, ReadOnlySpan<byte> name, uint mode, uint rdev,
        ReadOnlySpan<byte> target, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = BeginOrStray(context, out ScriptNode parent, out ulong chance);
            if (errno != Errno.None)
                return errno;
            if (!parent.IsDirectory)
                return Errno.ENOTDIR;
            if (parent.NLink == 0)
                return Errno.ENOENT;
            string key = NameOf(name);
            if (parent.Children.ContainsKey(key))
                return Errno.EEXIST;
            ScriptNode node = NewNode(context, mode, rdev);
            node.Data = target.ToArray();
            AddChild(parent, key, node);
            return WriteEntry(ref reply, Entry(node, chance));
        }
    }

    private Errno Remove(in RequestContext context, ReadOnlySpan<byte> name, bool wantsDirectory)
    {
        lock (_lock)
        {
            Errno errno = BeginOrStray(context, out ScriptNode parent, out ulong chance);
            if (errno != Errno.None)
                return errno;
            string key = NameOf(name);
            if (!parent.Children.TryGetValue(key, out (long Cookie, ScriptNode Node) child))
                return Errno.ENOENT;
            if (wantsDirectory != child.Node.IsDirectory)
                return wantsDirectory ? Errno.ENOTDIR : Errno.EISDIR;
            if (wantsDirectory && child.Node.Children.Count > 0)
                return Errno.ENOTEMPTY;
            RemoveChild(parent, key, child.Node);
            return Errno.None;
        }
    }

    private Errno Rename(
        ScriptNode from, string oldName, ScriptNode to, string newName, uint flags)
    {
        if (!from.Children.TryGetValue(oldName, out (long Cookie, ScriptNode Node) source))
            return Errno.ENOENT;
        bool has = to.Children.TryGetValue(newName, out (long Cookie, ScriptNode Node) target);
        if ((flags & RenameFlags.Whiteout) != 0)
            return Errno.EINVAL;
        if ((flags & RenameFlags.NoReplace) != 0 && has)
            return Errno.EEXIST;
        if ((flags & RenameFlags.Exchange) != 0)
        {
            return has
                ? Exchange(from, oldName, source.Node, to, newName, target.Node)
                : Errno.ENOENT;
        }

        if (has && target.Node == source.Node)
            return Errno.None;
        if (has && target.Node.IsDirectory != source.Node.IsDirectory)
            return target.Node.IsDirectory ? Errno.EISDIR : Errno.ENOTDIR;
        if (has && target.Node.Children.Count > 0)
            return Errno.ENOTEMPTY;
        if (IsBelow(source.Node, to))
            return Errno.EINVAL;
        if (has)
            RemoveChild(to, newName, target.Node);
        from.Children.Remove(oldName);
        if (source.Node.IsDirectory)
            from.NLink--;
        Touch(from);
        AddChild(to, newName, source.Node);
        source.Node.CTime = ++_tick;
        return Errno.None;
    }

    private Errno Exchange(
        ScriptNode from, string oldName, ScriptNode source, ScriptNode to, string newName,
        ScriptNode target)
    {
        if (IsBelow(source, to) || IsBelow(target, from))
            return Errno.EINVAL;
        from.NLink -= source.IsDirectory ? 1u : 0;
        to.NLink -= target.IsDirectory ? 1u : 0;
        from.Children.Remove(oldName);
        to.Children.Remove(newName);
        AddChild(from, oldName, target);
        AddChild(to, newName, source);
        source.CTime = ++_tick;
        target.CTime = ++_tick;
        return Errno.None;
    }

    private static bool IsBelow(ScriptNode ancestor, ScriptNode directory)
    {
        for (ScriptNode? at = directory; at is not null; at = at.Parent == at ? null : at.Parent)
        {
            if (at == ancestor)
                return true;
        }

        return false;
    }
}
