using System.Runtime.InteropServices;

namespace HandleCache.Linux.Native;

/// <summary>Imports that take the number of a <see cref="HeldDescriptor"/>.</summary>
internal static unsafe partial class LibC
{
    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pread(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pwrite(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int statx(int dir, byte* name, int flags, uint mask, Statx* result);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int name_to_handle_at(
        int dir, byte* name, KernelFileHandle* handle, void* mountId, int flags);
}
