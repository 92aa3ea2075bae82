using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Sessions;

/// <summary>
/// Decodes one request and calls the file system. The shape has been checked before, so each
/// read of a fixed part or a name succeeds; a failure would be ours and ends as EIO.
/// </summary>
internal static class RequestDispatcher
{
    /// <summary>Operations on names and inodes; the others are in <see cref="OnFiles"/>.</summary>
    public static Errno Dispatch(
        FileSystem fs,
        in FuseRequest request,
        in RequestContext context,
        bool setxattrExt,
        ref ReplyBuilder reply)
    {
        WireReader reader = request.Reader;
        switch (request.Opcode)
        {
            case FuseOpcode.FUSE_LOOKUP:
                return reader.TryReadName(out ReadOnlySpan<byte> lookupName)
                    ? fs.Lookup(context, lookupName, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_GETATTR:
                return reader.TryRead(out fuse_getattr_in getattr)
                    ? fs.GetAttr(context, getattr, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_STATX:
                return reader.TryRead(out fuse_statx_in statx)
                    ? fs.Statx(context, statx, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_SETATTR:
                return reader.TryRead(out fuse_setattr_in setattr)
                    ? fs.SetAttr(context, setattr, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_READLINK:
                return fs.ReadLink(context, ref reply);
            case FuseOpcode.FUSE_SYMLINK:
                return reader.TryReadName(out ReadOnlySpan<byte> linkName)
                    && reader.TryReadName(out ReadOnlySpan<byte> target)
                    ? fs.Symlink(context, linkName, target, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_MKNOD:
                return reader.TryRead(out fuse_mknod_in mknod)
                    && reader.TryReadName(out ReadOnlySpan<byte> nodeName)
                    ? fs.MkNod(context, mknod, nodeName, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_MKDIR:
                return reader.TryRead(out fuse_mkdir_in mkdir)
                    && reader.TryReadName(out ReadOnlySpan<byte> dirName)
                    ? fs.MkDir(context, mkdir, dirName, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_UNLINK:
                return reader.TryReadName(out ReadOnlySpan<byte> unlinkName)
                    ? fs.Unlink(context, unlinkName) : Errno.EIO;
            case FuseOpcode.FUSE_RMDIR:
                return reader.TryReadName(out ReadOnlySpan<byte> rmdirName)
                    ? fs.RmDir(context, rmdirName) : Errno.EIO;
            case FuseOpcode.FUSE_RENAME:
                return reader.TryRead(out fuse_rename_in rename)
                    ? Rename(fs, context, rename.newdir, 0, reader) : Errno.EIO;
            case FuseOpcode.FUSE_RENAME2:
                return reader.TryRead(out fuse_rename2_in rename2)
                    ? Rename(fs, context, rename2.newdir, rename2.flags, reader) : Errno.EIO;
            case FuseOpcode.FUSE_LINK:
                return reader.TryRead(out fuse_link_in link)
                    && reader.TryReadName(out ReadOnlySpan<byte> newName)
                    ? fs.Link(context, link.oldnodeid, newName, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_CREATE:
                return reader.TryRead(out fuse_create_in create)
                    && reader.TryReadName(out ReadOnlySpan<byte> createName)
                    ? fs.Create(context, create, createName, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_TMPFILE:
                return reader.TryRead(out fuse_create_in tmpfile)
                    ? fs.TmpFile(context, tmpfile, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_ACCESS:
                return reader.TryRead(out fuse_access_in access)
                    ? fs.Access(context, access) : Errno.EIO;
            case FuseOpcode.FUSE_STATFS:
                return fs.StatFs(context, ref reply);
            default:
                return OnFiles(fs, request, context, setxattrExt, ref reply);
        }
    }

    private static Errno OnFiles(
        FileSystem fs,
        in FuseRequest request,
        in RequestContext context,
        bool setxattrExt,
        ref ReplyBuilder reply)
    {
        WireReader reader = request.Reader;
        switch (request.Opcode)
        {
            case FuseOpcode.FUSE_OPEN:
                return reader.TryRead(out fuse_open_in open)
                    ? fs.Open(context, open, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_OPENDIR:
                return reader.TryRead(out fuse_open_in opendir)
                    ? fs.OpenDir(context, opendir, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_READ:
                return reader.TryRead(out fuse_read_in read)
                    ? fs.Read(context, read, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_READDIR:
                return reader.TryRead(out fuse_read_in readdir)
                    ? fs.ReadDir(context, readdir, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_READDIRPLUS:
                return reader.TryRead(out fuse_read_in readdirplus)
                    ? fs.ReadDirPlus(context, readdirplus, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_WRITE:
                return reader.TryRead(out fuse_write_in write)
                    ? fs.Write(context, write, reader.Remaining, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_FLUSH:
                return reader.TryRead(out fuse_flush_in flush)
                    ? fs.Flush(context, flush) : Errno.EIO;
            case FuseOpcode.FUSE_RELEASE:
                return reader.TryRead(out fuse_release_in release)
                    ? fs.Release(context, release) : Errno.EIO;
            case FuseOpcode.FUSE_RELEASEDIR:
                return reader.TryRead(out fuse_release_in releasedir)
                    ? fs.ReleaseDir(context, releasedir) : Errno.EIO;
            case FuseOpcode.FUSE_FSYNC:
                return reader.TryRead(out fuse_fsync_in fsync)
                    ? fs.Fsync(context, fsync) : Errno.EIO;
            case FuseOpcode.FUSE_FSYNCDIR:
                return reader.TryRead(out fuse_fsync_in fsyncdir)
                    ? fs.FsyncDir(context, fsyncdir) : Errno.EIO;
            case FuseOpcode.FUSE_SETXATTR:
                return SetXattr(fs, context, setxattrExt, reader);
            case FuseOpcode.FUSE_GETXATTR:
                return reader.TryRead(out fuse_getxattr_in getxattr)
                    && reader.TryReadName(out ReadOnlySpan<byte> getName)
                    ? fs.GetXattr(context, getxattr.size, getName, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_LISTXATTR:
                return reader.TryRead(out fuse_getxattr_in listxattr)
                    ? fs.ListXattr(context, listxattr.size, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_REMOVEXATTR:
                return reader.TryReadName(out ReadOnlySpan<byte> removeName)
                    ? fs.RemoveXattr(context, removeName) : Errno.EIO;
            case FuseOpcode.FUSE_GETLK:
                return reader.TryRead(out fuse_lk_in getlk)
                    ? fs.GetLock(context, getlk, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_SETLK:
            case FuseOpcode.FUSE_SETLKW:
                return reader.TryRead(out fuse_lk_in setlk)
                    ? fs.SetLock(context, setlk, request.Opcode == FuseOpcode.FUSE_SETLKW)
                    : Errno.EIO;
            case FuseOpcode.FUSE_FALLOCATE:
                return reader.TryRead(out fuse_fallocate_in fallocate)
                    ? fs.FAllocate(context, fallocate) : Errno.EIO;
            case FuseOpcode.FUSE_LSEEK:
                return reader.TryRead(out fuse_lseek_in lseek)
                    ? fs.LSeek(context, lseek, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_IOCTL:
                return reader.TryRead(out fuse_ioctl_in ioctl)
                    ? fs.Ioctl(context, ioctl, reader.Remaining, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_COPY_FILE_RANGE:
            case FuseOpcode.FUSE_COPY_FILE_RANGE_64:
                return reader.TryRead(out fuse_copy_file_range_in copy)
                    ? CopyFileRange(fs, request.Opcode, context, copy, ref reply) : Errno.EIO;
            case FuseOpcode.FUSE_SYNCFS:
                return fs.SyncFs(context);
            default:
                return Errno.ENOSYS;
        }
    }

    /// <summary>Without FUSE_SETXATTR_EXT the fixed part ends behind size and flags.</summary>
    private static Errno SetXattr(
        FileSystem fs, in RequestContext context, bool setxattrExt, WireReader reader)
    {
        fuse_setxattr_in arguments = default;
        bool hasFixedPart = setxattrExt
            ? reader.TryRead(out arguments)
            : reader.TryRead(out arguments.size) && reader.TryRead(out arguments.flags);
        return hasFixedPart && reader.TryReadName(out ReadOnlySpan<byte> name)
            ? fs.SetXattr(context, arguments, name, reader.Remaining)
            : Errno.EIO;
    }

    private static Errno Rename(
        FileSystem fs, in RequestContext context, ulong newParent, uint flags, WireReader reader) =>
        reader.TryReadName(out ReadOnlySpan<byte> oldName)
        && reader.TryReadName(out ReadOnlySpan<byte> newName)
            ? fs.Rename(context, newParent, flags, oldName, newName)
            : Errno.EIO;

    private static Errno CopyFileRange(
        FileSystem fs,
        FuseOpcode opcode,
        in RequestContext context,
        in fuse_copy_file_range_in arguments,
        ref ReplyBuilder reply)
    {
        fuse_copy_file_range_in bounded = arguments;
        if (opcode == FuseOpcode.FUSE_COPY_FILE_RANGE)
        {
            // The 32-bit reply cannot say more than this.
            bounded.len = Math.Min(arguments.len, uint.MaxValue & ~4095u);
        }

        SysResult copied = fs.CopyFileRange(context, bounded);
        if (copied.Failed)
            return copied.Errno;
        if (opcode == FuseOpcode.FUSE_COPY_FILE_RANGE)
            reply.Write(new fuse_write_out { size = (uint)copied.Value });
        else
            reply.Write(new fuse_copy_file_range_out { bytes_copied = (ulong)copied.Value });
        return Errno.None;
    }
}
