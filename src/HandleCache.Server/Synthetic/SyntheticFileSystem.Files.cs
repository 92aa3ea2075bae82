using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Synthetic;

/// <summary>Open files and directories. Nothing is kept for them: fh is the nodeid.</summary>
public sealed partial class SyntheticFileSystem
{
    /// <summary>d_type values (include/linux/fs_types.h).</summary>
    private const uint DtDirectory = 4;

    private const uint DtRegular = 8;

    public override Errno Open(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply)
    {
        if ((arguments.flags & OpenFlags.AccessMode) != OpenFlags.ReadOnly)
            return Errno.EROFS;
        return OpenObject(context.NodeId, wantsDirectory: false, ref reply);
    }

    public override Errno OpenDir(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply) =>
        OpenObject(context.NodeId, wantsDirectory: true, ref reply);

    public override Errno Read(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
    {
        Errno errno = Resolve(context.NodeId, out ulong id);
        if (errno != Errno.None)
            return errno;
        if (Tree.IsDirectory(id))
            return Errno.EISDIR;
        int wanted = (int)Math.Min(arguments.size, (uint)reply.Free.Length);
        reply.Advance(SyntheticContent.Read(
            _options.Seed, id, arguments.offset, reply.Free[..wanted]));
        return Errno.None;
    }

    public override Errno Release(in RequestContext context, in fuse_release_in arguments)
    {
        Interlocked.Decrement(ref _openFiles);
        return Errno.None;
    }

    public override Errno ReleaseDir(in RequestContext context, in fuse_release_in arguments) =>
        Release(context, arguments);

    public override Errno ReadDir(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
    {
        Errno errno = ResolveDirectory(context.NodeId, out ulong directory);
        if (errno != Errno.None)
            return errno;
        DirentWriter writer = reply.Dirents(arguments.size);
        Span<byte> name = stackalloc byte[32];
        ulong end = 2 + Tree.ChildCount(directory);
        for (ulong at = arguments.offset; at < end; at++)
        {
            ulong id = RecordAt(directory, at, name, out fuse_dirent dirent);
            if (writer.TryAdd(
                SyntheticTree.InoOf(id), dirent.off, dirent.type, name[..(int)dirent.namelen]))
                continue;
            if (writer.WrittenBytes == 0)
                return Errno.EINVAL;
            break;
        }

        reply.Advance(writer.WrittenBytes);
        return Errno.None;
    }

    public override Errno ReadDirPlus(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
    {
        Errno errno = ResolveDirectory(context.NodeId, out ulong directory);
        if (errno != Errno.None)
            return errno;
        DirentWriter writer = reply.Dirents(arguments.size);
        Span<byte> name = stackalloc byte[32];
        Span<byte> handle = stackalloc byte[SyntheticHandle.MaxBytes];
        ulong end = 2 + Tree.ChildCount(directory);
        for (ulong at = arguments.offset; at < end; at++)
        {
            ulong id = RecordAt(directory, at, name, out fuse_dirent dirent);

            // "." and ".." come without an entry (nodeid 0): the kernel does not count them.
            bool isChild = at >= 2;
            uint type = 0;
            int length = 0;
            fuse_entry_out entry = default;
            if (isChild)
            {
                (type, length) = SyntheticHandle.Fill(_options, id, handle);
                entry = EntryOf(id);
            }

            if (!writer.FitsPlus(reply.Dialect, length, (int)dirent.namelen))
                errno = Errno.EINVAL;
            else if (!writer.TryAddPlus(
                reply.Dialect, entry, type, handle[..length], dirent,
                name[..(int)dirent.namelen]))
                errno = Errno.EOVERFLOW;
            if (errno != Errno.None)
                break;
            if (isChild)
                Count(id);
        }

        if (errno != Errno.None && writer.WrittenBytes == 0)
            return errno;
        reply.Advance(writer.WrittenBytes);
        return Errno.None;
    }

    public override Errno StatFs(in RequestContext context, ref ReplyBuilder reply)
    {
        reply.Write(new fuse_statfs_out
        {
            st = new fuse_kstatfs
            {
                blocks = Tree.ObjectCount * 2,
                files = Tree.ObjectCount,
                bsize = 4096,
                frsize = 4096,
                namelen = 255,
            },
        });
        return Errno.None;
    }

    private Errno OpenObject(ulong nodeid, bool wantsDirectory, ref ReplyBuilder reply)
    {
        Errno errno = Resolve(nodeid, out ulong id);
        if (errno != Errno.None)
            return errno;
        if (Tree.IsDirectory(id) != wantsDirectory)
            return wantsDirectory ? Errno.ENOTDIR : Errno.EISDIR;
        Interlocked.Increment(ref _openFiles);
        reply.Write(new fuse_open_out
        {
            fh = nodeid,
            open_flags = wantsDirectory ? 0 : (uint)FuseOpenFlags.FOPEN_KEEP_CACHE,
            backing_id = 0,
        });
        return Errno.None;
    }

    private Errno ResolveDirectory(ulong nodeid, out ulong directory)
    {
        Errno errno = Resolve(nodeid, out directory);
        return errno == Errno.None && !Tree.IsDirectory(directory) ? Errno.ENOTDIR : errno;
    }

    /// <summary>Record number <paramref name="at"/>: ".", "..", then the children.</summary>
    private ulong RecordAt(ulong directory, ulong at, Span<byte> name, out fuse_dirent dirent)
    {
        ulong id = at switch
        {
            0 => directory,
            1 => Tree.ParentOf(directory),
            _ => Tree.Child(directory, at - 2),
        };
        int length = (int)at + 1;
        if (at < 2)
            "..."u8[..length].CopyTo(name);
        else
            length = Tree.WriteName(id, name);
        dirent = new fuse_dirent
        {
            ino = SyntheticTree.InoOf(id),
            off = at + 1,
            namelen = (uint)length,
            type = Tree.IsDirectory(id) ? DtDirectory : DtRegular,
        };
        return id;
    }
}
