using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Passthrough;

/// <summary>Open directories.</summary>
public sealed partial class PassthroughFileSystem
{
    public override Errno OpenDir(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply)
    {
        int flags = OpenFlags.ReadOnly | OpenFlags.Directory;
        Errno errno = _files.MakeRoom();
        FileDescriptor? opened = errno == Errno.None
            ? OpenNode(context.NodeId, flags, out errno)
            : null;
        if (opened is null)
            return errno;
        ulong fh = _files.Add(opened, context.NodeId, flags);
        reply.Write(new fuse_open_out { fh = fh });
        return Errno.None;
    }

    public override Errno ReadDir(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply) =>
        ReadRecords(arguments, plus: false, ref reply);

    public override Errno ReadDirPlus(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply) =>
        ReadRecords(arguments, plus: true, ref reply);

    public override Errno ReleaseDir(in RequestContext context, in fuse_release_in arguments) =>
        Close(arguments.fh);

    public override Errno FsyncDir(in RequestContext context, in fuse_fsync_in arguments) =>
        Fsync(context, arguments);

    /// <summary>
    /// Records from a cookie on, as many as fit; none is the end of the directory.
    /// </summary>
    private Errno ReadRecords(in fuse_read_in arguments, bool plus, ref ReplyBuilder reply)
    {
        using DescriptorLease dir =
            _files.Lease(arguments.fh, out OpenFile? file, out Errno unknown);
        if (dir.IsNone || file?.Stream is not { } stream)
            return dir.IsNone ? unknown : Errno.EBADF;
        DirentWriter writer = reply.Dirents(arguments.size);
        lock (stream.Gate)
        {
            Errno errno = stream.SeekTo(dir.Descriptor, arguments.offset);
            if (errno != Errno.None)
                return errno;
            while (stream.TryPeek(dir.Descriptor, out DirectoryEntry entry, out errno))
            {
                bool added = plus
                    ? TryAddPlus(reply.Dialect, dir, entry, ref writer)
                    : writer.TryAdd(
                        entry.Ino, (ulong)entry.NextOffset, entry.Type, entry.Name);
                if (!added)
                {
                    // Not even one record fits: no end of the directory, but a bad request.
                    errno = writer.WrittenBytes == 0 ? Errno.EINVAL : Errno.None;
                    break;
                }

                stream.Pass(entry);
            }

            if (errno != Errno.None && writer.WrittenBytes == 0)
                return errno;
        }

        reply.Advance(writer.WrittenBytes);
        return Errno.None;
    }

    /// <summary>
    /// A record with its entry, whose lookup is counted once it is sure to fit. "." and ".."
    /// and a name that has just gone carry no entry (nodeid 0).
    /// </summary>
    private bool TryAddPlus(
        Dialect dialect, DescriptorLease dir, in DirectoryEntry found, ref DirentWriter writer)
    {
        fuse_dirent dirent = new()
        {
            ino = found.Ino,
            off = (ulong)found.NextOffset,
            namelen = (uint)found.Name.Length,
            type = found.Type,
        };
        if (!found.IsDotOrDotDot
            && Describe(
                dir, found.NameWithNul, out fuse_entry_out entry, out FileHandleBuffer handle)
                == Errno.None)
        {
            if (!writer.FitsPlus(dialect, handle.LengthBytes, found.Name.Length))
                return false;
            ulong nodeid = _nodes.Acquire(handle, entry.attr.mode);
            SetNode(ref entry, nodeid);
            if (writer.TryAddPlus(
                dialect, entry, (uint)handle.Type, handle.Bytes, dirent, found.Name))
            {
                return true;
            }

            // The dialect does not take a handle of this length.
            Forget(nodeid, 1);
        }

        return writer.TryAddPlus(dialect, default, 0, default, dirent, found.Name);
    }
}
