using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// Making, linking, renaming and removing names in a directory. Names are NUL-terminated bytes.
/// </summary>
public static unsafe class Names
{
    public static Errno MakeDirectory(FileDescriptor dir, ReadOnlySpan<byte> name, uint mode)
    {
        // SAFETY: here and below: each name is pinned for the call and ends with a NUL.
        fixed (byte* path = CString.Checked(name))
            return Sys.Status(LibC.mkdirat(dir, path, mode));
    }

    /// <summary>
    /// mknodat(2); the device as <see cref="DeviceNumber.ToDevT(uint, uint)"/> makes it.
    /// </summary>
    public static Errno MakeNode(
        FileDescriptor dir, ReadOnlySpan<byte> name, uint mode, ulong device)
    {
        fixed (byte* path = CString.Checked(name))
            return Sys.Status(LibC.mknodat(dir, path, mode, device));
    }

    public static Errno MakeSymlink(
        ReadOnlySpan<byte> target, FileDescriptor dir, ReadOnlySpan<byte> name)
    {
        fixed (byte* to = CString.Checked(target))
        fixed (byte* path = CString.Checked(name))
            return Sys.Status(LibC.symlinkat(to, dir, path));
    }

    public static Errno Link(
        FileDescriptor fromDir, ReadOnlySpan<byte> from, FileDescriptor toDir,
        ReadOnlySpan<byte> to, int flags)
    {
        fixed (byte* source = CString.Checked(from))
        fixed (byte* target = CString.Checked(to))
            return Sys.Status(LibC.linkat(fromDir, source, toDir, target, flags));
    }

    /// <summary>
    /// Gives the object of a descriptor (O_PATH or O_TMPFILE too) one more name. AT_EMPTY_PATH
    /// needs CAP_DAC_READ_SEARCH; where it is refused, the way by /proc/self/fd is taken.
    /// </summary>
    public static Errno LinkDescriptor(
        FileDescriptor fd, FileDescriptor toDir, ReadOnlySpan<byte> to)
    {
        ArgumentNullException.ThrowIfNull(fd);
        Errno errno = Link(fd, CString.Empty, toDir, to, AtFlags.EmptyPath);
        if (errno != Errno.ENOENT)
            return errno;
        Span<byte> room = stackalloc byte[CString.FdPathBytes];
        using DescriptorScope scope = new(fd);
        return Link(FileDescriptor.WorkingDirectory, CString.FdPath(fd.Number, room), toDir,
            to, AtFlags.SymlinkFollow);
    }

    /// <summary>unlinkat(2); <see cref="AtFlags.RemoveDir"/> for a directory.</summary>
    public static Errno Unlink(FileDescriptor dir, ReadOnlySpan<byte> name, int flags)
    {
        fixed (byte* path = CString.Checked(name))
            return Sys.Status(LibC.unlinkat(dir, path, flags));
    }

    /// <summary>renameat2(2) with the AtFlags.Rename* flags.</summary>
    public static Errno Rename(
        FileDescriptor fromDir, ReadOnlySpan<byte> from, FileDescriptor toDir,
        ReadOnlySpan<byte> to, uint flags)
    {
        fixed (byte* source = CString.Checked(from))
        fixed (byte* target = CString.Checked(to))
            return Sys.Status(LibC.renameat2(fromDir, source, toDir, target, flags));
    }

    /// <summary>
    /// readlinkat(2): bytes of the target, without a NUL, cut at the buffer's end. With
    /// <see cref="CString.Empty"/> it reads the symlink that the descriptor itself names.
    /// </summary>
    public static SysResult ReadLink(
        FileDescriptor dir, ReadOnlySpan<byte> name, Span<byte> target)
    {
        fixed (byte* path = CString.Checked(name))
        fixed (byte* buffer = target)
            return Sys.Count(LibC.readlinkat(dir, path, buffer, (nuint)target.Length));
    }

    /// <summary>
    /// faccessat2(2), by its number: libc's faccessat imitates AT_EACCESS and gets it wrong for
    /// ids set on one thread.
    /// </summary>
    public static Errno Access(FileDescriptor dir, ReadOnlySpan<byte> name, int mode, int flags)
    {
        fixed (byte* path = CString.Checked(name))
            return Sys.Status(LibC.syscall(LibC.SYS_faccessat2, dir, path, mode, flags));
    }
}
