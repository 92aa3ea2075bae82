using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// Extended attributes of the object that a descriptor names. O_PATH descriptors, which the
/// f*xattr calls refuse, are reached through /proc/self/fd; that also reaches a symlink itself.
/// An empty buffer asks for the size; too small a one gives ERANGE.
/// </summary>
public static unsafe class Xattrs
{
    public static SysResult Get(
        FileDescriptor fd, ReadOnlySpan<byte> name, Span<byte> value)
    {
        ArgumentNullException.ThrowIfNull(fd);
        using DescriptorScope scope = new(fd);
        // SAFETY: here and below: names end with a NUL, spans are pinned, lengths are the spans'.
        Span<byte> room = stackalloc byte[CString.FdPathBytes];
        fixed (byte* path = CString.FdPath(fd.Number, room))
        fixed (byte* key = CString.Checked(name))
        fixed (byte* start = value)
            return Sys.Count(LibC.getxattr(path, key, start, (nuint)value.Length));
    }

    /// <summary>setxattr(2); flags 0, XATTR_CREATE (1) or XATTR_REPLACE (2).</summary>
    public static Errno Set(
        FileDescriptor fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags)
    {
        ArgumentNullException.ThrowIfNull(fd);
        using DescriptorScope scope = new(fd);
        Span<byte> room = stackalloc byte[CString.FdPathBytes];
        fixed (byte* path = CString.FdPath(fd.Number, room))
        fixed (byte* key = CString.Checked(name))
        fixed (byte* start = value)
            return Sys.Status(LibC.setxattr(path, key, start, (nuint)value.Length, flags));
    }

    /// <summary>The names, each with its NUL.</summary>
    public static SysResult List(FileDescriptor fd, Span<byte> names)
    {
        ArgumentNullException.ThrowIfNull(fd);
        using DescriptorScope scope = new(fd);
        Span<byte> room = stackalloc byte[CString.FdPathBytes];
        fixed (byte* path = CString.FdPath(fd.Number, room))
        fixed (byte* start = names)
            return Sys.Count(LibC.listxattr(path, start, (nuint)names.Length));
    }

    public static Errno Remove(FileDescriptor fd, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(fd);
        using DescriptorScope scope = new(fd);
        Span<byte> room = stackalloc byte[CString.FdPathBytes];
        fixed (byte* path = CString.FdPath(fd.Number, room))
        fixed (byte* key = CString.Checked(name))
            return Sys.Status(LibC.removexattr(path, key));
    }
}
