using System.Runtime.CompilerServices;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>Reading and changing what an inode says of itself; O_PATH descriptors serve.</summary>
public static unsafe class Metadata
{
    /// <summary>
    /// statx(2) of a name, not following a symlink at its end unless flags say so.
    /// </summary>
    public static Errno Statx(
        FileDescriptor dir, ReadOnlySpan<byte> name, int flags, uint mask, out Statx result)
    {
        Unsafe.SkipInit(out result);
        // SAFETY: the name is pinned and NUL-terminated; the struct has the kernel's 256 bytes.
        fixed (byte* path = CString.Checked(name))
        fixed (Statx* room = &result)
        {
            int status = LibC.statx(dir, path, flags, mask, room);
            if (status < 0)
                *room = default;
            return Sys.Status(status);
        }
    }

    /// <summary>As above, from a directory that is held open.</summary>
    public static Errno Statx(
        HeldDescriptor dir, ReadOnlySpan<byte> name, int flags, uint mask, out Statx result)
    {
        Unsafe.SkipInit(out result);
        // SAFETY: the name is pinned and NUL-terminated; the struct has the kernel's 256 bytes.
        fixed (byte* path = CString.Checked(name))
        fixed (Statx* room = &result)
        {
            int status = LibC.statx(dir.Number, path, flags, mask, room);
            if (status < 0)
                *room = default;
            return Sys.Status(status);
        }
    }

    /// <summary>statx(2) of the object a descriptor names.</summary>
    public static Errno Statx(FileDescriptor fd, uint mask, out Statx result) =>
        Statx(fd, CString.Empty, AtFlags.EmptyPath | AtFlags.SymlinkNoFollow, mask, out result);

    /// <summary>fstatfs(2).</summary>
    public static Errno StatFs(FileDescriptor fd, out StatFs result)
    {
        // SAFETY: the struct has the kernel's 120 bytes.
        result = default;
        fixed (StatFs* room = &result)
            return Sys.Status(LibC.fstatfs(fd, room));
    }

    /// <summary>fchmod(2); an O_PATH descriptor is reached through /proc/self/fd.</summary>
    public static Errno ChangeMode(FileDescriptor fd, uint mode)
    {
        ArgumentNullException.ThrowIfNull(fd);
        Errno errno = Sys.Status(LibC.fchmod(fd, mode));
        if (errno != Errno.EBADF)
            return errno;
        Span<byte> room = stackalloc byte[CString.FdPathBytes];
        using DescriptorScope scope = new(fd);
        // SAFETY: the path ends with a NUL and lies on this stack.
        fixed (byte* path = CString.FdPath(fd.Number, room))
            return Sys.Status(LibC.chmod(path, mode));
    }

    /// <summary>chown of a descriptor's object; uint.MaxValue leaves an id alone.</summary>
    public static Errno ChangeOwner(FileDescriptor fd, uint uid, uint gid) =>
        ChangeOwner(fd, CString.Empty, uid, gid, AtFlags.EmptyPath);

    public static Errno ChangeOwner(
        FileDescriptor dir, ReadOnlySpan<byte> name, uint uid, uint gid, int flags)
    {
        // SAFETY: pinned and NUL-terminated.
        fixed (byte* path = CString.Checked(name))
            return Sys.Status(LibC.fchownat(dir, path, uid, gid, flags));
    }

    /// <summary>
    /// Sets access and modify time of a descriptor's object (utimensat with AT_EMPTY_PATH).
    /// </summary>
    public static Errno SetTimes(FileDescriptor fd, TimeSpec access, TimeSpec modify)
    {
        TimeSpec* times = stackalloc TimeSpec[2] { access, modify };
        // SAFETY: two timespecs, as the call expects; the name is the empty one.
        fixed (byte* path = CString.Empty)
            return Sys.Status(LibC.utimensat(fd, path, times, AtFlags.EmptyPath));
    }
}
