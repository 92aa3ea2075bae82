using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>
/// The system calls of a thread: each counted by its kernel name and taken up again after EINTR
/// (the runtime's own signals may interrupt a call).
/// </summary>
internal sealed partial class Calls(CallLog log)
{
    public Errno Statx(FileDescriptor dir, ReadOnlySpan<byte> name, out Statx statx)
    {
        const int Flags = AtFlags.SymlinkNoFollow | AtFlags.EmptyPath;
        Errno errno;
        do
        {
            log.Count("statx");
            errno = Metadata.Statx(dir, name, Flags, StatxMask.BasicStats, out statx);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public Errno Statx(FileDescriptor fd, out Statx statx) => Statx(fd, CString.Empty, out statx);

    public FileDescriptor? Open(
        FileDescriptor dir, ReadOnlySpan<byte> name, int flags, uint mode, out Errno errno)
    {
        FileDescriptor? fd;
        do
        {
            log.Count("openat");
            fd = Files.OpenAt(dir, name, flags, mode, out errno);
        }
        while (errno == Errno.EINTR);

        return fd;
    }

    public Errno MakeDirectory(FileDescriptor dir, ReadOnlySpan<byte> name, uint mode)
    {
        Errno errno;
        do
        {
            log.Count("mkdirat");
            errno = Names.MakeDirectory(dir, name, mode);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public Errno MakeFifo(FileDescriptor dir, ReadOnlySpan<byte> name, uint mode)
    {
        Errno errno;
        do
        {
            log.Count("mknodat");
            errno = Names.MakeNode(dir, name, FileModes.Fifo | mode, 0);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public Errno MakeSymlink(
        ReadOnlySpan<byte> target, FileDescriptor dir, ReadOnlySpan<byte> name)
    {
        Errno errno;
        do
        {
            log.Count("symlinkat");
            errno = Names.MakeSymlink(target, dir, name);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public Errno Link(FileDescriptor dir, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        Errno errno;
        do
        {
            log.Count("linkat");
            errno = Names.Link(dir, from, dir, to, 0);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    /// <summary>Gives an O_TMPFILE file its first name.</summary>
    public Errno LinkDescriptor(FileDescriptor fd, FileDescriptor dir, ReadOnlySpan<byte> to)
    {
        Errno errno;
        do
        {
            log.Count("linkat");
            errno = Names.LinkDescriptor(fd, dir, to);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public Errno Unlink(FileDescriptor dir, ReadOnlySpan<byte> name, int flags)
    {
        Errno errno;
        do
        {
            log.Count("unlinkat");
            errno = Names.Unlink(dir, name, flags);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public Errno Rename(
        FileDescriptor dir, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, uint flags)
    {
        Errno errno;
        do
        {
            log.Count("renameat2");
            errno = Names.Rename(dir, from, dir, to, flags);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public SysResult ReadLink(FileDescriptor dir, ReadOnlySpan<byte> name, Span<byte> target)
    {
        SysResult result;
        do
        {
            log.Count("readlinkat");
            result = Names.ReadLink(dir, name, target);
        }
        while (result.Errno == Errno.EINTR);

        return result;
    }

    public Errno Access(FileDescriptor dir, ReadOnlySpan<byte> name, int mode)
    {
        Errno errno;
        do
        {
            log.Count("faccessat2");
            errno = Names.Access(dir, name, mode, AtFlags.SymlinkNoFollow);
        }
        while (errno == Errno.EINTR);

        return errno;
    }

    public SysResult ListEntries(FileDescriptor directory, Span<byte> buffer)
    {
        SysResult result;
        do
        {
            log.Count("getdents64");
            result = DirectoryReader.Fill(directory, buffer);
        }
        while (result.Errno == Errno.EINTR);

        return result;
    }
}
