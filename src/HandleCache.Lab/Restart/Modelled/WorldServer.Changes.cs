using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>The operations that change names.</summary>
internal sealed partial class WorldServer
{
    private byte[] Change(in WireRequest wire, WorldObject target)
    {
        ulong unique = wire.Header.unique;
        WireReader body = new(wire.Body);
        switch (wire.Opcode)
        {
            case FuseOpcode.FUSE_MKDIR:
                body.TryRead(out fuse_mkdir_in _);
                return Make(wire.Opcode, unique, target, Name(ref body), isDirectory: true);
            case FuseOpcode.FUSE_MKNOD:
                body.TryRead(out fuse_mknod_in _);
                return Make(wire.Opcode, unique, target, Name(ref body), isDirectory: false);
            case FuseOpcode.FUSE_CREATE:
                body.TryRead(out fuse_create_in _);
                return MakeOpen(wire, target, Name(ref body));
            case FuseOpcode.FUSE_LINK:
                body.TryRead(out fuse_link_in link);
                return LinkTo(unique, target, link.oldnodeid, Name(ref body));
            case FuseOpcode.FUSE_UNLINK:
            case FuseOpcode.FUSE_RMDIR:
                return Take(
                    unique, target, Name(ref body), wire.Opcode == FuseOpcode.FUSE_RMDIR);
            case FuseOpcode.FUSE_RENAME:
                body.TryRead(out fuse_rename_in rename);
                return Move(unique, target, Name(ref body), rename.newdir, Name(ref body));
            default:
                return MessageBuilder.Failure(unique, Errno.ENOSYS);
        }
    }

    private byte[] Make(
        FuseOpcode opcode, ulong unique, WorldObject parent, string name, bool isDirectory) =>
        parent.Children.ContainsKey(name)
            ? MessageBuilder.Failure(unique, Errno.EEXIST)
            : Entry(opcode, unique, store.Create(parent, name, isDirectory));

    /// <summary>
    /// open(2) with O_CREAT; alone, a part of a compound, it makes and opens not.
    /// </summary>
    private byte[] MakeOpen(in WireRequest wire, WorldObject parent, string name)
    {
        if (!parent.Children.TryGetValue(name, out WorldObject? made))
            made = store.Create(parent, name, isDirectory: false);
        if (made.IsDirectory)
            return MessageBuilder.Failure(wire.Header.unique, Errno.EISDIR);
        if (wire.IsAlone)
            return Entry(wire.Opcode, wire.Header.unique, made, [], isAlone: true);
        fuse_open_out opened = OpenOf(made);
        return Entry(
            wire.Opcode, wire.Header.unique, made,
            MemoryMarshal.AsBytes(new ReadOnlySpan<fuse_open_out>(in opened)));
    }

    private byte[] LinkTo(ulong unique, WorldObject parent, ulong oldNodeId, string name)
    {
        // The second nodeid of a request brings no handle in any dialect.
        WorldObject? old = Find(oldNodeId, default);
        if (old is null)
            return MessageBuilder.Failure(unique, Errno.ESTALE);
        if (parent.Children.ContainsKey(name))
            return MessageBuilder.Failure(unique, Errno.EEXIST);
        if (old.IsDirectory)
            return MessageBuilder.Failure(unique, Errno.EPERM);
        ObjectStore.Link(parent, name, old);
        return _dialect.RepliesEntry(FuseOpcode.FUSE_LINK)
            ? Entry(FuseOpcode.FUSE_LINK, unique, old)
            : MessageBuilder.Reply(unique, []);
    }

    private byte[] Take(ulong unique, WorldObject parent, string name, bool isDirectory)
    {
        if (!parent.Children.TryGetValue(name, out WorldObject? found))
            return MessageBuilder.Failure(unique, Errno.ENOENT);
        if (found.IsDirectory != isDirectory)
            return MessageBuilder.Failure(unique, isDirectory ? Errno.ENOTDIR : Errno.EISDIR);
        if (found.Children.Count > 0)
            return MessageBuilder.Failure(unique, Errno.ENOTEMPTY);
        store.Remove(parent, name);
        return MessageBuilder.Reply(unique, []);
    }

    private byte[] Move(
        ulong unique, WorldObject from, string oldName, ulong newDirectory, string newName)
    {
        WorldObject? to = newDirectory == 0 ? null : Find(newDirectory, default);
        if (to is null)
            return MessageBuilder.Failure(unique, Errno.ESTALE);
        if (!from.Children.TryGetValue(oldName, out WorldObject? moved))
            return MessageBuilder.Failure(unique, Errno.ENOENT);
        if (to.Children.TryGetValue(newName, out WorldObject? replaced)
            && (replaced.Children.Count > 0 || replaced.IsDirectory != moved.IsDirectory))
        {
            return MessageBuilder.Failure(unique, Errno.ENOTEMPTY);
        }

        store.Rename(from, oldName, to, newName);
        return MessageBuilder.Reply(unique, []);
    }
}
