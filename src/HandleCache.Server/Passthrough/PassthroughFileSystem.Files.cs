using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Passthrough;

/// <summary>Open files: opening and creating, data, holes, copies.</summary>
public sealed partial class PassthroughFileSystem
{
    /// <summary>
    /// Flags that matter to the source. O_DIRECT does not: it is about the kernel's cache in
    /// front, and our buffers are not aligned as the source would want them.
    /// </summary>
    private const int SourceFlags = OpenFlags.AccessMode | OpenFlags.Append | OpenFlags.Truncate
        | OpenFlags.NoATime | OpenFlags.Sync | OpenFlags.DSync;

    public override Errno Open(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply)
    {
        Errno errno = _files.MakeRoom();
        if (errno != Errno.None)
            return errno;
        FileDescriptor? opened =
            OpenForCaller(context.NodeId, arguments.flags, out int flags, out errno);
        if (opened is null)
            return errno;
        errno = KillSetIdIfAsked(context, opened, arguments.open_flags);
        if (errno != Errno.None)
        {
            opened.Dispose();
            return errno;
        }

        errno = WriteOpen(
            context, opened, context.NodeId, flags, arguments.flags, ref reply);
        if (errno != Errno.None)
            opened.Dispose();
        return errno;
    }

    public override Errno Create(
        in RequestContext context,
        in fuse_create_in arguments,
        ReadOnlySpan<byte> name,
        ref ReplyBuilder reply)
    {
        using DescriptorLease dir = Resolve(context.NodeId, out Errno errno);
        if (dir.IsNone)
            return errno;
        if (!TryActAs(context, arguments.umask, out CallerScope caller))
            return Errno.EOVERFLOW;
        errno = _files.MakeRoom();
        if (errno != Errno.None)
            return errno;
        int flags = ToSource(arguments.flags);
        FileDescriptor? opened;
        using (caller)
        {
            const int New = OpenFlags.Create | OpenFlags.Exclusive;
            opened = Files.OpenAt(dir.Descriptor, WithNul(name),
                flags | New | OpenFlags.NoFollow, arguments.mode & FileModes.PermissionMask,
                out errno);
        }

        bool wasMade = errno == Errno.EEXIST
            && WasMade(context, ResentRule.Create, dir.Descriptor, name, arguments.mode, 0);
        bool isExclusive = (arguments.flags & OpenFlags.Exclusive) != 0;
        if (errno == Errno.EEXIST && (wasMade || !isExclusive))
        {
            // Made by this very request before a crash: open to its maker, whatever its mode. Or
            // made in the source by somebody since the kernel saw that it was absent.
            opened = OpenExisting(
                context, dir.Descriptor, name, flags, mayAlways: wasMade, out errno);
            if (opened is not null)
                errno = KillSetIdIfAsked(context, opened, arguments.open_flags);
        }

        return opened is null
            ? errno
            : ReplyCreated(context, opened, flags, arguments.flags, errno, ref reply, out _);
    }

    public override Errno TmpFile(
        in RequestContext context, in fuse_create_in arguments, ref ReplyBuilder reply)
    {
        using DescriptorLease dir = Resolve(context.NodeId, out Errno errno);
        if (dir.IsNone)
            return errno;
        if (!TryActAs(context, arguments.umask, out CallerScope caller))
            return Errno.EOVERFLOW;
        errno = _files.MakeRoom();
        if (errno != Errno.None)
            return errno;
        int flags = ToSource(arguments.flags);
        FileDescriptor? opened;
        using (caller)
        {
            // O_EXCL forbids a later link; whether the caller wants one the kernel has kept.
            int exclusive = (int)arguments.flags & OpenFlags.Exclusive;
            opened = Files.OpenAt(dir.Descriptor, ".\0"u8, flags | OpenFlags.TmpFile | exclusive,
                arguments.mode & FileModes.PermissionMask, out errno);
        }

        if (opened is null)
            return errno;
        FileDescriptor? nameless = Files.Reopen(opened, PathFlags, out errno);
        errno = ReplyCreated(
            context, opened, flags, arguments.flags, errno, ref reply, out ulong nodeid);
        if (errno == Errno.None)
        {
            _nodes.MarkSuspect(nodeid);
            Hold(nodeid, nameless!);
        }
        else
        {
            nameless?.Dispose();
        }

        return errno;
    }

    public override Errno Read(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply)
    {
        using DescriptorLease file = _files.Lease(arguments.fh, out _, out Errno errno);
        if (file.IsNone)
            return errno;
        int room = (int)Math.Min(arguments.size, (uint)reply.Free.Length);
        SysResult read =
            Files.ReadAt(file.Held, reply.Free[..room], (long)arguments.offset);
        reply.Advance((int)read.Value);
        return read.Errno;
    }

    public override Errno Write(
        in RequestContext context,
        in fuse_write_in arguments,
        ReadOnlySpan<byte> data,
        ref ReplyBuilder reply)
    {
        using DescriptorLease file =
            _files.Lease(arguments.fh, out OpenFile? open, out Errno errno);
        if (file.IsNone)
            return errno;
        SysResult written = WriteTo(context, file, open!, arguments, data);
        if (written.Failed)
            return written.Errno;
        if ((arguments.write_flags & FuseConstants.FUSE_WRITE_KILL_SUIDGID) != 0)
        {
            errno = KillSetId(context, file.Descriptor);
            if (errno != Errno.None)
                return errno;
        }

        reply.Write(new fuse_write_out { size = (uint)written.Value });
        return Errno.None;
    }

    public override Errno Flush(in RequestContext context, in fuse_flush_in arguments)
    {
        using DescriptorLease file = _files.Lease(arguments.fh, out _, out Errno errno);
        return file.IsNone ? errno : Files.FlushByClose(file.Descriptor);
    }

    public override Errno Release(in RequestContext context, in fuse_release_in arguments) =>
        Close(arguments.fh);

    public override Errno Fsync(in RequestContext context, in fuse_fsync_in arguments)
    {
        using DescriptorLease file = _files.Lease(arguments.fh, out _, out Errno errno);
        bool dataOnly = (arguments.fsync_flags & FuseConstants.FUSE_FSYNC_FDATASYNC) != 0;
        return file.IsNone ? errno : Files.Sync(file.Descriptor, dataOnly);
    }

    public override Errno FAllocate(in RequestContext context, in fuse_fallocate_in arguments)
    {
        using DescriptorLease file = _files.Lease(arguments.fh, out _, out Errno errno);
        if (file.IsNone)
            return errno;
        errno = Files.Allocate(file.Descriptor, (int)arguments.mode, (long)arguments.offset,
            (long)arguments.length);
        return errno == Errno.None ? KillSetIdUnlessCapable(context, file.Descriptor) : errno;
    }

    /// <summary>
    /// Holes of the source. With a writeback cache it does not have what the kernel has yet to
    /// write, and which files that is it is not told: ENOSYS makes the kernel answer by itself,
    /// for which all of a file is data (fuse_lseek(), fs/fuse/file.c).
    /// </summary>
    public override Errno LSeek(
        in RequestContext context, in fuse_lseek_in arguments, ref ReplyBuilder reply)
    {
        if (_writeback)
            return Errno.ENOSYS;
        using DescriptorLease file = _files.Lease(arguments.fh, out _, out Errno errno);
        if (file.IsNone)
            return errno;
        SysResult found =
            Files.Seek(file.Descriptor, (long)arguments.offset, (int)arguments.whence);
        if (!found.Failed)
            reply.Write(new fuse_lseek_out { offset = (ulong)found.Value });
        return found.Errno;
    }

    public override SysResult CopyFileRange(
        in RequestContext context, in fuse_copy_file_range_in arguments)
    {
        using DescriptorLease from = _files.Lease(arguments.fh_in, out _, out Errno errno);
        if (from.IsNone)
            return SysResult.Failure(errno);
        using DescriptorLease to = _files.Lease(arguments.fh_out, out _, out errno);
        if (to.IsNone)
            return SysResult.Failure(errno);
        SysResult copied = Files.CopyRange(from.Descriptor, (long)arguments.off_in, to.Descriptor,
            (long)arguments.off_out, arguments.len, (uint)arguments.flags);
        errno = copied.Value > 0 ? KillSetIdUnlessCapable(context, to.Descriptor) : Errno.None;
        return errno == Errno.None ? copied : SysResult.Failure(errno);
    }

    /// <summary>
    /// Opens a node by its handle, or, when the object has no name any more, again through a
    /// descriptor of it.
    /// </summary>
    private FileDescriptor? OpenNode(ulong nodeid, int flags, out Errno errno)
    {
        if (!_nodes.TryGetHandle(nodeid, out FileHandleBuffer handle))
        {
            errno = Errno.ESTALE;
            return null;
        }

        FileDescriptor? opened = _source.Open(handle, flags, out errno);
        if (errno != Errno.ESTALE)
            return opened;
        using DescriptorLease cached = _descriptors.TryLease(nodeid);
        if (!cached.IsNone)
            return Files.Reopen(cached.Descriptor, flags, out errno);
        using DescriptorLease nameless = LeaseNameless(nodeid, out errno);
        return nameless.IsNone ? null : Files.Reopen(nameless.Descriptor, flags, out errno);
    }

    /// <summary>
    /// The kernel has judged only that the caller may make a file. ESTALE makes it look the name
    /// up again and judge what is there, with all the caller's groups.
    /// </summary>
    private static FileDescriptor? OpenExisting(
        in RequestContext context,
        FileDescriptor dir,
        ReadOnlySpan<byte> name,
        int flags,
        bool mayAlways,
        out Errno errno)
    {
        using FileDescriptor? found = Files.OpenAt(
            dir, WithNul(name), PathFlags | OpenFlags.NoFollow, 0, out errno);
        if (found is not null
            && Metadata.Statx(found, StatxMask.BasicStats, out Linux.Statx statx) == Errno.None
            && FileModes.IsRegular(statx.Mode)
            && (mayAlways || MayOpen(context, found, flags)))
        {
            return Files.Reopen(found, flags, out errno);
        }

        errno = Errno.ESTALE;
        return null;
    }

    /// <summary>By owner, mode and the one group that the request carries.</summary>
    private static bool MayOpen(in RequestContext context, FileDescriptor found, int flags)
    {
        const int ForRead = 4;
        const int ForWrite = 2;
        int mask = (flags & OpenFlags.AccessMode) switch
        {
            OpenFlags.ReadOnly => ForRead,
            OpenFlags.WriteOnly => ForWrite,
            _ => ForRead | ForWrite,
        };
        if ((flags & OpenFlags.Truncate) != 0)
            mask |= ForWrite;
        using FileSystemIdentity caller =
            FileSystemIdentity.Assume(context.Header.uid, context.Header.gid, []);
        return Names.Access(found, CString.Empty, mask, AtFlags.EmptyPath | AtFlags.EAccess)
            == Errno.None;
    }

    /// <summary>Entry and open file in one reply; nothing is kept when it fails.</summary>
    private Errno ReplyCreated(
        in RequestContext context, FileDescriptor opened, int flags, uint wireFlags, Errno errno,
        ref ReplyBuilder reply, out ulong nodeid)
    {
        nodeid = 0;
        if (errno == Errno.None)
            errno = WriteEntry(opened, ref reply, out nodeid);
        if (errno == Errno.None)
        {
            errno = WriteOpen(context, opened, nodeid, flags, wireFlags, ref reply);
            if (errno == Errno.None)
                return Errno.None;
            Forget(nodeid, 1);
        }

        opened.Dispose();
        return errno;
    }

    /// <summary>Owns the descriptor once it has succeeded.</summary>
    private Errno WriteOpen(
        in RequestContext context, FileDescriptor opened, ulong nodeid, int flags, uint wireFlags,
        ref ReplyBuilder reply)
    {
        int backing = _backed.Enter(
            nodeid, opened, (wireFlags & OpenFlags.Direct) != 0, context.Header.uid,
            context.Header.gid, out Errno errno);
        if (errno != Errno.None)
            return errno;
        FuseOpenFlags answer = FuseOpenFlags.FOPEN_PARALLEL_DIRECT_WRITES;
        if (_options.KeepCache)
            answer |= FuseOpenFlags.FOPEN_KEEP_CACHE;
        if (_writeback && AppendsOnly(flags))
            answer |= FuseOpenFlags.FOPEN_DIRECT_IO;
        if (backing != 0)
            answer = FuseOpenFlags.FOPEN_PASSTHROUGH;
        ulong fh = _files.Add(opened, nodeid, flags & ~OpenFlags.Truncate);
        reply.Write(
            new fuse_open_out { fh = fh, open_flags = (uint)answer, backing_id = backing });
        return Errno.None;
    }

    private static Errno KillSetIdIfAsked(
        in RequestContext context, FileDescriptor fd, uint openFlags) =>
        (openFlags & FuseConstants.FUSE_OPEN_KILL_SUIDGID) != 0
            ? KillSetId(context, fd)
            : Errno.None;
}
