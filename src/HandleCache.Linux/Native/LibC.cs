using System.Runtime.InteropServices;

namespace HandleCache.Linux.Native;

/// <summary>
/// The imports: every call of this solution into the operating system, by libc's name. Data and
/// descriptors here; names, processes and sockets in the files beside this one. Variadic
/// functions of libc are declared with the arguments used: the 64-bit Linux calling conventions
/// pass those alike.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Style", "IDE1006", Justification = "Imports keep the names of libc.")]
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_GETLK = 5;
    public const int F_SETLK = 6;
    public const int F_SETLKW = 7;
    public const int F_OFD_GETLK = 36;
    public const int F_OFD_SETLK = 37;
    public const int F_OFD_SETLKW = 38;
    public const int F_DUPFD_CLOEXEC = 1030;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int openat(FileDescriptor dir, byte* path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(FileDescriptor fd, int command, long argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(FileDescriptor fd, int command, void* argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int flock(FileDescriptor fd, int operation);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(FileDescriptor fd, nuint request, void* argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(FileDescriptor fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(FileDescriptor fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint writev(FileDescriptor fd, IoVec* vectors, int count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pread(FileDescriptor fd, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pwrite(FileDescriptor fd, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial long lseek(FileDescriptor fd, long offset, int whence);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ftruncate(FileDescriptor fd, long length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int truncate(byte* path, long length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fallocate(FileDescriptor fd, int mode, long offset, long length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint copy_file_range(
        FileDescriptor from, long* fromOffset, FileDescriptor to, long* toOffset, nuint count,
        uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fsync(FileDescriptor fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fdatasync(FileDescriptor fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int syncfs(FileDescriptor fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint getdents64(FileDescriptor fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(PollFd* fds, nuint count, int timeoutMs);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);
}
