using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// Opening files and moving their bytes. Every call returns its errno; none throws for what the
/// kernel says, none restarts after EINTR.
/// </summary>
public static unsafe class Files
{
    /// <summary>openat(2); O_CLOEXEC is always added.</summary>
    public static FileDescriptor? OpenAt(
        FileDescriptor dir, ReadOnlySpan<byte> name, int flags, uint mode, out Errno errno)
    {
        // SAFETY: the name is pinned for the call and checked to end with a NUL.
        fixed (byte* path = CString.Checked(name))
        {
            int fd = LibC.openat(dir, path, flags | OpenFlags.CloseOnExec, mode);
            return Sys.Own(fd, out errno);
        }
    }

    /// <summary>open(2) for set-up; throws.</summary>
    public static FileDescriptor Open(string path, int flags, uint mode = 0) =>
        OpenAt(FileDescriptor.WorkingDirectory, CString.FromString(path), flags, mode,
            out Errno errno) ?? throw new LinuxException(errno, "open", path);

    /// <summary>
    /// Opens again, through /proc/self/fd, what an O_PATH descriptor names: the way from a
    /// resolved inode to an open file. A symlink gives ELOOP.
    /// </summary>
    public static FileDescriptor? Reopen(FileDescriptor fd, int flags, out Errno errno)
    {
        ArgumentNullException.ThrowIfNull(fd);
        Span<byte> room = stackalloc byte[CString.FdPathBytes];
        using DescriptorScope scope = new(fd);
        return OpenAt(FileDescriptor.WorkingDirectory, CString.FdPath(fd.Number, room),
            flags & ~OpenFlags.NoFollow, 0, out errno);
    }

    /// <summary>read(2) at the file's own position.</summary>
    public static SysResult Read(FileDescriptor fd, Span<byte> buffer)
    {
        // SAFETY: pinned for the call; the length given is the span's.
        fixed (byte* start = buffer)
            return Sys.Count(LibC.read(fd, start, (nuint)buffer.Length));
    }

    /// <summary>write(2) at the file's own position.</summary>
    public static SysResult Write(FileDescriptor fd, ReadOnlySpan<byte> bytes)
    {
        // SAFETY: pinned for the call; the length given is the span's.
        fixed (byte* start = bytes)
            return Sys.Count(LibC.write(fd, start, (nuint)bytes.Length));
    }

    public static SysResult ReadAt(FileDescriptor fd, Span<byte> buffer, long offset)
    {
        // SAFETY: pinned for the call; the length given is the span's.
        fixed (byte* start = buffer)
            return Sys.Count(LibC.pread(fd, start, (nuint)buffer.Length, offset));
    }

    /// <summary>pread(2).</summary>
    public static SysResult ReadAt(HeldDescriptor fd, Span<byte> buffer, long offset)
    {
        // SAFETY: pinned for the call; the length given is the span's.
        fixed (byte* start = buffer)
            return Sys.Count(LibC.pread(fd.Number, start, (nuint)buffer.Length, offset));
    }

    /// <summary>pwrite(2). With O_APPEND Linux appends, whatever the offset.</summary>
    public static SysResult WriteAt(HeldDescriptor fd, ReadOnlySpan<byte> bytes, long offset)
    {
        // SAFETY: pinned for the call; the length given is the span's.
        fixed (byte* start = bytes)
            return Sys.Count(LibC.pwrite(fd.Number, start, (nuint)bytes.Length, offset));
    }

    /// <summary>pwrite(2). With O_APPEND Linux appends, whatever the offset.</summary>
    public static SysResult WriteAt(FileDescriptor fd, ReadOnlySpan<byte> bytes, long offset)
    {
        // SAFETY: pinned for the call; the length given is the span's.
        fixed (byte* start = bytes)
            return Sys.Count(LibC.pwrite(fd, start, (nuint)bytes.Length, offset));
    }

    /// <summary>
    /// lseek(2); whence as in the kernel (0 set, 1 current, 2 end, 3 data, 4 hole).
    /// </summary>
    public static SysResult Seek(FileDescriptor fd, long offset, int whence) =>
        Sys.Count(LibC.lseek(fd, offset, whence));

    public static Errno Truncate(FileDescriptor fd, long lengthBytes) =>
        Sys.Status(LibC.ftruncate(fd, lengthBytes));

    /// <summary>truncate(2) of what an O_PATH descriptor names, which ftruncate refuses.</summary>
    public static Errno TruncatePathFd(FileDescriptor fd, long lengthBytes)
    {
        ArgumentNullException.ThrowIfNull(fd);
        Span<byte> room = stackalloc byte[CString.FdPathBytes];
        using DescriptorScope scope = new(fd);
        // SAFETY: the path ends with a NUL and lies on this stack.
        fixed (byte* path = CString.FdPath(fd.Number, room))
            return Sys.Status(LibC.truncate(path, lengthBytes));
    }

    /// <summary>fallocate(2); mode bits FALLOC_FL_ as in uapi/linux/falloc.h.</summary>
    public static Errno Allocate(FileDescriptor fd, int mode, long offset, long lengthBytes) =>
        Sys.Status(LibC.fallocate(fd, mode, offset, lengthBytes));

    public static SysResult CopyRange(
        FileDescriptor from, long fromOffset, FileDescriptor to, long toOffset, ulong lengthBytes,
        uint flags) =>
        Sys.Count(LibC.copy_file_range(
            from, &fromOffset, to, &toOffset, (nuint)lengthBytes, flags));

    public static Errno Sync(FileDescriptor fd, bool dataOnly) =>
        Sys.Status(dataOnly ? LibC.fdatasync(fd) : LibC.fsync(fd));

    /// <summary>
    /// What close(2) has to report (delayed write errors), without closing the descriptor: a
    /// duplicate is closed in its place.
    /// </summary>
    public static Errno FlushByClose(FileDescriptor fd)
    {
        int twin = LibC.fcntl(fd, LibC.F_DUPFD_CLOEXEC, 3);
        return Sys.Status(twin < 0 ? twin : LibC.close(twin));
    }

    public static Errno SyncFileSystem(FileDescriptor fd) => Sys.Status(LibC.syncfs(fd));

    /// <summary>The status flags of an open file (fcntl F_GETFL).</summary>
    public static SysResult StatusFlags(FileDescriptor fd) =>
        Sys.Count(LibC.fcntl(fd, LibC.F_GETFL, 0));

    /// <summary>Sets O_APPEND, O_NONBLOCK, O_DIRECT, O_NOATIME of an open file (F_SETFL).</summary>
    public static Errno SetStatusFlags(FileDescriptor fd, int flags) =>
        Sys.Status(LibC.fcntl(fd, LibC.F_SETFL, flags));

    /// <summary>ioctl(2) whose argument is a buffer the driver reads and writes.</summary>
    public static SysResult Control(FileDescriptor fd, uint request, Span<byte> argument)
    {
        // SAFETY: pinned for the call. The request number encodes the size the driver touches;
        // a shorter span is refused.
        int sizeBytes = (int)(request >> 16) & 0x3FFF;
        if (argument.Length < sizeBytes)
            return SysResult.Failure(Errno.EFAULT);
        fixed (byte* start = argument)
            return Sys.Count(LibC.ioctl(fd, request, start));
    }
}
