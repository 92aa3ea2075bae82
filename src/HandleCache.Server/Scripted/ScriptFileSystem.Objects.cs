using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Scripted;

/// <summary>Objects: attributes, data, directories' contents.</summary>
public sealed partial class ScriptFileSystem
{
    private const int MostBytes = 1 << 16;

    public override Errno GetAttr(
        in RequestContext context, in fuse_getattr_in arguments, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = BeginOrStray(context, out ScriptNode node, out ulong chance);
            if (errno != Errno.None)
                return errno;
            reply.Write(Attr(node, chance));
            return Errno.None;
        }
    }

    public override Errno Statx(
        in RequestContext context, in fuse_statx_in arguments, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = BeginOrStray(context, out ScriptNode node, out ulong chance);
            if (errno != Errno.None)
                return errno;
            fuse_attr_out attr = Attr(node, chance);
            reply.Write(new fuse_statx_out
            {
                attr_valid = attr.attr_valid,
                attr_valid_nsec = attr.attr_valid_nsec,
                stat = ToStatx(attr.attr),
            });
            return Errno.None;
        }
    }

    public override Errno SetAttr(
        in RequestContext context, in fuse_setattr_in arguments, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = BeginOrStray(context, out ScriptNode node, out ulong chance);
            if (errno != Errno.None)
                return errno;
            FuseSetattrValid valid = (FuseSetattrValid)arguments.valid;
            if ((valid & FuseSetattrValid.FATTR_MODE) != 0)
                node.Mode = (node.Mode & FileModes.TypeMask)
                    | (arguments.mode & FileModes.PermissionMask);
            if ((valid & FuseSetattrValid.FATTR_UID) != 0)
                node.Uid = arguments.uid;
            if ((valid & FuseSetattrValid.FATTR_GID) != 0)
                node.Gid = arguments.gid;
            if ((valid & FuseSetattrValid.FATTR_SIZE) != 0)
                Resize(node, arguments.size);
            if ((valid & FuseSetattrValid.FATTR_ATIME) != 0)
                node.ATime = arguments.atime;
            if ((valid & FuseSetattrValid.FATTR_MTIME) != 0)
                node.MTime = arguments.mtime;
            node.CTime = ++_tick;
            reply.Write(Attr(node, chance));
            return Errno.None;
        }
    }

    public override Errno ReadLink(in RequestContext context, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = Begin(context, out ScriptNode node, out _);
            if (errno != Errno.None)
                return errno;
            reply.Write(node.Data);
            return node.Data.Length == 0 ? Errno.EINVAL : Errno.None;
        }
    }

    public override Errno Open(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = BeginOrStray(context, out ScriptNode node, out ulong chance);
            if (errno != Errno.None)
                return errno;
            if ((arguments.flags & OpenFlags.Truncate) != 0)
                Resize(node, 0);
            reply.Write(Opened(node));
            return Errno.None;
        }
    }

    public override Errno Read(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            // Not Begin(): how often the page cache reads is not to change later answers.
            Ask(context);
            if (!_nodes.TryGetValue(context.NodeId, out ScriptNode? node)
                || IsLost(arguments.fh))
            {
                return Errno.ESTALE;
            }

            int start = (int)Math.Min(arguments.offset, (ulong)node.Data.Length);
            int bytes = (int)Math.Min(arguments.size, (uint)(node.Data.Length - start));
            reply.Write(node.Data.AsSpan(start, bytes));
            return Errno.None;
        }
    }

    public override Errno Write(
        in RequestContext context, in fuse_write_in arguments, ReadOnlySpan<byte> data,
        ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = BeginOrStray(context, out ScriptNode node, out ulong chance);
            if (errno != Errno.None)
                return errno;
            ulong end = arguments.offset + (ulong)data.Length;
            if (end > MostBytes)
                return Errno.EFBIG;
            if (end > (ulong)node.Data.Length)
                Resize(node, end);
            data.CopyTo(node.Data.AsSpan((int)arguments.offset));
            Touch(node);
            reply.Write(new fuse_write_out { size = (uint)data.Length });
            return Errno.None;
        }
    }

    public override Errno FAllocate(in RequestContext context, in fuse_fallocate_in arguments)
    {
        lock (_lock)
        {
            Errno errno = BeginOrStray(context, out ScriptNode node, out _);
            if (errno != Errno.None)
                return errno;
            ulong end = arguments.offset + arguments.length;
            if (end > MostBytes)
                return Errno.EFBIG;
            int mode = (int)arguments.mode;
            if ((mode & AllocateFlags.KeepSize) == 0 && end > (ulong)node.Data.Length)
                Resize(node, end);
            if ((mode & (AllocateFlags.PunchHole | AllocateFlags.ZeroRange)) != 0)
            {
                int from = (int)Math.Min(arguments.offset, (ulong)node.Data.Length);
                node.Data.AsSpan(from, (int)Math.Min(end, (ulong)node.Data.Length) - from).Clear();
            }

            Touch(node);
            return Errno.None;
        }
    }

    public override Errno Flush(in RequestContext context, in fuse_flush_in arguments) =>
        Agree(context);

    public override Errno Fsync(in RequestContext context, in fuse_fsync_in arguments) =>
        Agree(context);

    public override Errno FsyncDir(in RequestContext context, in fuse_fsync_in arguments) =>
        Agree(context);

    public override Errno Release(in RequestContext context, in fuse_release_in arguments) =>
        Agree(context);

    public override Errno ReleaseDir(in RequestContext context, in fuse_release_in arguments) =>
        Agree(context);

    public override Errno OpenDir(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = Begin(context, out ScriptNode node, out _);
            if (errno != Errno.None)
                return errno;
            reply.Write(new fuse_open_out
            {
                fh = ++_lastFh,
                open_flags = (uint)_options.DirectoryFlags,
            });
            return node.IsDirectory ? Errno.None : Errno.ENOTDIR;
        }
    }

    public override Errno ReadDir(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = Begin(context, out ScriptNode node, out _);
            if (errno != Errno.None)
                return errno;
            if (IsLost(arguments.fh))
                return Errno.ESTALE;
            DirentWriter writer = reply.Dirents(arguments.size);
            foreach ((string name, long cookie, ScriptNode child)
                in Listing(node, arguments.offset))
            {
                byte[] bytes = System.Text.Encoding.Latin1.GetBytes(name);
                if (!writer.TryAdd(child.Ino, (ulong)cookie, child.DirentType, bytes))
                    break;
            }

            reply.Advance(writer.WrittenBytes);
            return Errno.None;
        }
    }

    public override Errno ReadDirPlus(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = Begin(context, out ScriptNode node, out ulong chance);
            if (errno != Errno.None)
                return errno;
            if (IsLost(arguments.fh))
                return Errno.ESTALE;
            DirentWriter writer = reply.Dirents(arguments.size);
            foreach ((string name, long cookie, ScriptNode child)
                in Listing(node, arguments.offset))
            {
                byte[] bytes = System.Text.Encoding.Latin1.GetBytes(name);
                if (!writer.FitsPlus(reply.Dialect, 0, bytes.Length))
                    break;
                _ordinal++;
                bool isDot = name is "." or "..";
                bool isBare = !isDot && (chance != 0 && (chance + _ordinal) % 4 == 0);

                // The dots may carry an object, as many servers send them, but no lookup.
                fuse_entry_out entry = isBare ? default
                    : isDot ? new() { nodeid = child.NodeId, attr = child.Attributes }
                    : Entry(child, chance);
                fuse_dirent dirent = new()
                {
                    ino = child.Ino,
                    off = (ulong)cookie,
                    type = child.DirentType,
                };
                bool isEntry = !isDot && !isBare;
                writer.TryAddPlus(
                    reply.Dialect, entry, isEntry ? _handleType : 0, isEntry ? _handle : default,
                    dirent, bytes);
                chance = chance == 0 ? 0 : ((chance >> 3) * 0x2545_F491_4F6C_DD1D) | 1;
            }

            reply.Advance(writer.WrittenBytes);
            return Errno.None;
        }
    }

    public override Errno StatFs(in RequestContext context, ref ReplyBuilder reply)
    {
        Ask(context);
        reply.Write(new fuse_statfs_out
        {
            st = new() { blocks = 1000, bfree = 500, bavail = 500, bsize = 4096, namelen = 255 },
        });
        return Errno.None;
    }

    /// <summary>A request that changes nothing here.</summary>
    private Errno Agree(in RequestContext context)
    {
        Ask(context);
        return Errno.None;
    }

    private static IEnumerable<(string Name, long Cookie, ScriptNode Node)> Listing(
        ScriptNode directory, ulong after)
    {
        IEnumerable<(string Name, long Cookie, ScriptNode Node)> all =
        [
            (".", 1, directory),
            ("..", 2, directory.Parent ?? directory),
            .. directory.Children.Select(c => (c.Key, c.Value.Cookie, c.Value.Node))
                .OrderBy(c => c.Cookie),
        ];
        return all.Where(child => (ulong)child.Cookie > after);
    }

    private fuse_attr_out Attr(ScriptNode node, ulong chance)
    {
        (ulong seconds, uint ns) = Validity(_options.AttrValidity, 4);
        fuse_attr_out reply = new()
        {
            attr_valid = seconds,
            attr_valid_nsec = ns,
            attr = node.Attributes,
        };
        if (chance != 0)
        {
            reply.attr.mode = ((chance >> 4) % 3) switch
            {
                0 => FileModes.TypeMask,
                1 => (reply.attr.mode & FileModes.PermissionMask)
                    | (node.IsDirectory ? FileModes.Regular : FileModes.Directory),
                _ => reply.attr.mode,
            };
        }

        return reply;
    }

    private fuse_open_out Opened(ScriptNode node)
    {
        _open[++_lastFh] = node;
        return new()
        {
            fh = _lastFh,
            open_flags = _options.DirectIo ? (uint)FuseOpenFlags.FOPEN_DIRECT_IO : 0,
        };
    }

    private void Resize(ScriptNode node, ulong bytes)
    {
        byte[] data = node.Data;
        Array.Resize(ref data, (int)Math.Min(bytes, MostBytes));
        node.Data = data;
        Touch(node);
    }

    private static fuse_statx ToStatx(in fuse_attr attr) => new()
    {
        mask = StatxMask.BasicStats | StatxMask.BirthTime,
        blksize = attr.blksize,
        nlink = attr.nlink,
        uid = attr.uid,
        gid = attr.gid,
        mode = (ushort)attr.mode,
        ino = attr.ino,
        size = attr.size,
        blocks = attr.blocks,
        atime = new() { tv_sec = (long)attr.atime },
        mtime = new() { tv_sec = (long)attr.mtime },
        ctime = new() { tv_sec = (long)attr.ctime },
        btime = new() { tv_sec = 7 },
        rdev_minor = DeviceNumber.Minor(attr.rdev),
        rdev_major = DeviceNumber.Major(attr.rdev),
    };
}
