using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>A record lock: type F_RDLCK 0, F_WRLCK 1, F_UNLCK 2; length 0 is to the end.</summary>
public readonly record struct RecordLock(short Type, long Start, long Length, int Pid);

/// <summary>
/// Locks on open files: flock(2), and record locks owned by the open file (F_OFD_*), since the
/// POSIX kind belongs to the whole process and would melt all clients of a server into one.
/// </summary>
public static unsafe class Locks
{
    /// <summary>LOCK_SH 1, LOCK_EX 2, LOCK_NB 4, LOCK_UN 8.</summary>
    public static Errno Flock(FileDescriptor fd, int operation) =>
        Sys.Status(LibC.flock(fd, operation));

    /// <summary>The lock that stands in the way, or one of type F_UNLCK.</summary>
    public static Errno Test(FileDescriptor fd, RecordLock wanted, out RecordLock found)
    {
        FLock value = ToNative(wanted);
        Errno errno = Sys.Status(LibC.fcntl(fd, LibC.F_OFD_GETLK, &value));
        found = new RecordLock(value.Type, value.Start, value.Length, value.Pid);
        return errno;
    }

    public static Errno Set(FileDescriptor fd, RecordLock wanted, bool wait)
    {
        FLock value = ToNative(wanted);
        return Sys.Status(
            LibC.fcntl(fd, wait ? LibC.F_OFD_SETLKW : LibC.F_OFD_SETLK, &value));
    }

    private static FLock ToNative(RecordLock wanted) => new()
    {
        Type = wanted.Type,
        Start = wanted.Start,
        Length = wanted.Length,
    };
}
