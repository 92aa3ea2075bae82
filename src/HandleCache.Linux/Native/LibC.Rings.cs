using System.Runtime.InteropServices;

namespace HandleCache.Linux.Native;

/// <summary>Imports: io_uring, which libc does not wrap, and the processor of a thread.</summary>
internal static unsafe partial class LibC
{
    /// <summary>One number each on every architecture since 5.1.</summary>
    public const long SYS_io_uring_setup = 425;
    public const long SYS_io_uring_enter = 426;
    public const long SYS_io_uring_register = 427;

    [LibraryImport(Library, SetLastError = true)]
    public static partial long syscall(
        long number, FileDescriptor ring, uint submit, uint waitFor, uint flags, void* argument,
        nuint argumentBytes);

    [LibraryImport(Library, SetLastError = true)]
    public static partial long syscall(
        long number, FileDescriptor ring, uint operation, void* argument, uint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sched_getaffinity(int thread, nuint maskBytes, ulong* mask);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sched_setaffinity(int thread, nuint maskBytes, ulong* mask);
}
