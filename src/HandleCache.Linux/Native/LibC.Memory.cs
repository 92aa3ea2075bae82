using System.Runtime.InteropServices;

namespace HandleCache.Linux.Native;

/// <summary>Imports: memory shared between processes.</summary>
internal static unsafe partial class LibC
{
    public const int F_SETFD = 2;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int memfd_create(byte* name, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial void* mmap(
        void* address, nuint length, int protection, int flags, FileDescriptor fd, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int munmap(void* address, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int madvise(void* address, nuint length, int advice);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mlock(void* address, nuint length);
}
