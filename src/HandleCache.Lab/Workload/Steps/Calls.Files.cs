using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>Calls on open files, attributes and file handles.</summary>
internal sealed partial class Calls
{
    public SysResult ReadAt(FileDescriptor fd, Span<byte> buffer, long offset)
    {
        SysResult result;
        do
        {
            log.Count("pread64");
            result = Files.ReadAt(fd, buffer, offset);
        }
        while (result.Errno == Errno.EINTR);

        return result;
    }

    public SysResult WriteAt(FileDescriptor fd, ReadOnlySpan<byte> bytes, long offset)
    {
        SysResult result;
        do
        {
            log.Count("pwrite64");
            result = Files.WriteAt(fd, bytes, offset);
        }
        while (result.Errno == Errno.EINTR);

        return result;
    }

    public SysResult Seek(FileDescriptor fd, long offset, int whence)
    {
        log.Count("lseek");
        return Files.Seek(fd, offset, whence);
    }

    public Errno Truncate(FileDescriptor fd, bool isPathFd, long lengthBytes)
    {
        Errno errno;
        do
        {
            log.Count(isPathFd ? "truncate" : "ftruncate");
            errno = isPathFd
                ? Files.TruncatePathFd(fd, lengthBytes)
                : Files.Truncate(fd, lengthBytes);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public Errno Allocate(FileDescriptor fd, int mode, long offset, long lengthBytes)
    {
        Errno errno;
        do
        {
            log.Count("fallocate");
            errno = Files.Allocate(fd, mode, offset, lengthBytes);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public SysResult CopyRange(
        FileDescriptor from, long fromOffset, FileDescriptor to, long toOffset, int lengthBytes)
    {
        SysResult result;
        do
        {
            log.Count("copy_file_range");
            result = Files.CopyRange(from, fromOffset, to, toOffset, (ulong)lengthBytes, 0);
        }
        while (result.Errno == Errno.EINTR);

        return result;
    }

    public Errno Sync(FileDescriptor fd, bool dataOnly)
    {
        Errno errno;
        do
        {
            log.Count(dataOnly ? "fdatasync" : "fsync");
            errno = Files.Sync(fd, dataOnly);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public Errno StatFs(FileDescriptor fd, out StatFs result)
    {
        log.Count("fstatfs");
        return Metadata.StatFs(fd, out result);
    }

    public Errno ChangeMode(FileDescriptor fd, uint mode)
    {
        log.Count("fchmod");
        return Metadata.ChangeMode(fd, mode);
    }

    public Errno ChangeOwner(FileDescriptor fd, uint uid, uint gid)
    {
        log.Count("fchownat");
        return Metadata.ChangeOwner(fd, uid, gid);
    }

    public Errno SetTimes(FileDescriptor fd, TimeSpec access, TimeSpec modify)
    {
        log.Count("utimensat");
        return Metadata.SetTimes(fd, access, modify);
    }

    public SysResult GetXattr(FileDescriptor fd, ReadOnlySpan<byte> name, Span<byte> value)
    {
        log.Count("getxattr");
        return Xattrs.Get(fd, name, value);
    }

    public Errno SetXattr(
        FileDescriptor fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags)
    {
        log.Count("setxattr");
        return Xattrs.Set(fd, name, value, flags);
    }

    public SysResult ListXattr(FileDescriptor fd, Span<byte> names)
    {
        log.Count("listxattr");
        return Xattrs.List(fd, names);
    }

    public Errno RemoveXattr(FileDescriptor fd, ReadOnlySpan<byte> name)
    {
        log.Count("removexattr");
        return Xattrs.Remove(fd, name);
    }

    public Errno GetHandle(
        FileDescriptor dir, ReadOnlySpan<byte> name, out FileHandleBuffer handle)
    {
        log.Count("name_to_handle_at");
        return FileHandles.Get(dir, name, AtFlags.EmptyPath, out handle, out _);
    }

    public FileDescriptor? OpenHandle(
        FileDescriptor mount, in FileHandleBuffer handle, int flags, out Errno errno)
    {
        log.Count("open_by_handle_at");
        return FileHandles.Open(mount, handle, flags, out errno);
    }
}
