using System.Runtime.InteropServices;

namespace HandleCache.Linux.Native;

/// <summary>Imports: names, attributes, extended attributes, file handles.</summary>
internal static unsafe partial class LibC
{
    [LibraryImport(Library, SetLastError = true)]
    public static partial int mkdirat(FileDescriptor dir, byte* name, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mknodat(FileDescriptor dir, byte* name, uint mode, ulong device);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int symlinkat(byte* target, FileDescriptor dir, byte* name);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int linkat(
        FileDescriptor fromDir, byte* from, FileDescriptor toDir, byte* to, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unlinkat(FileDescriptor dir, byte* name, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int renameat2(
        FileDescriptor fromDir, byte* from, FileDescriptor toDir, byte* to, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint readlinkat(
        FileDescriptor dir, byte* name, byte* buffer, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchmod(FileDescriptor fd, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int chmod(byte* path, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchownat(
        FileDescriptor dir, byte* name, uint uid, uint gid, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int utimensat(
        FileDescriptor dir, byte* name, TimeSpec* times, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int statx(
        FileDescriptor dir, byte* name, int flags, uint mask, Statx* result);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fstatfs(FileDescriptor fd, StatFs* result);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint getxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setxattr(
        byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint listxattr(byte* path, byte* list, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int removexattr(byte* path, byte* name);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int name_to_handle_at(
        FileDescriptor dir, byte* name, KernelFileHandle* handle, void* mountId, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int open_by_handle_at(
        FileDescriptor mount, KernelFileHandle* handle, int flags);
}
