using System.Runtime.InteropServices;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux.Native;

/// <summary>Turns what libc returns (-1 and errno) into this room's value types.</summary>
internal static class Sys
{
    public static Errno LastErrno => (Errno)Marshal.GetLastPInvokeError();

    public static Errno Status(long result) => result < 0 ? LastErrno : Errno.None;

    public static SysResult Count(long result) =>
        result < 0 ? SysResult.Failure(LastErrno) : SysResult.Success(result);

    public static FileDescriptor? Own(int result, out Errno errno)
    {
        errno = Status(result);
        return result < 0 ? null : FileDescriptor.Own(result);
    }

    /// <summary>Throws for a set-up call that failed.</summary>
    public static void Require(long result, string operation, string? path = null)
    {
        if (result < 0)
            throw new LinuxException(LastErrno, operation, path);
    }
}
