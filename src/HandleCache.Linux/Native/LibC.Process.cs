using System.Runtime.InteropServices;

namespace HandleCache.Linux.Native;

/// <summary>Imports: mounts, namespaces, credentials, processes, sockets.</summary>
internal static unsafe partial class LibC
{
    /// <summary>faccessat2: one number on every architecture since 5.8.</summary>
    public const long SYS_faccessat2 = 439;

    private static readonly bool Arm64 =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>
    /// libc's setgroups acts on all threads of the process; the call itself on one.
    /// </summary>
    public static readonly long SYS_setgroups = Arm64 ? 159 : 116;

    public static readonly long SYS_getgroups = Arm64 ? 158 : 115;

    [LibraryImport(Library, SetLastError = true)]
    public static partial long syscall(
        long number, FileDescriptor first, byte* second, long third, long fourth);

    [LibraryImport(Library, SetLastError = true)]
    public static partial long syscall(long number, long first, void* second);

    [LibraryImport(Library, SetLastError = true)]
    public static partial long syscall(long number, long first, long second, void* third);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mount(
        byte* source, byte* target, byte* type, ulong flags, byte* data);

    /// <summary>open_tree: one number on every architecture since 5.2.</summary>
    public const long SYS_open_tree = 428;

    [LibraryImport(Library, SetLastError = true)]
    public static partial long syscall(
        long number, FileDescriptor first, byte* second, long third);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int umount2(byte* target, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unshare(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setns(FileDescriptor fd, int type);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int prctl(int option, ulong a, ulong b, ulong c, ulong d);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int prlimit64(int pid, int resource, ulong* set, ulong* old);

    [LibraryImport(Library)]
    public static partial uint umask(uint mask);

    [LibraryImport(Library)]
    public static partial uint geteuid();

    [LibraryImport(Library)]
    public static partial uint getegid();

    [LibraryImport(Library)]
    public static partial int gettid();

    [LibraryImport(Library)]
    public static partial int getppid();

    /// <summary>
    /// Gives the id before; acts on the calling thread only, as the kernel's call.
    /// </summary>
    [LibraryImport(Library)]
    public static partial uint setfsuid(uint uid);

    [LibraryImport(Library)]
    public static partial uint setfsgid(uint gid);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int capget(CapabilityHeader* header, CapabilityData* two);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int capset(CapabilityHeader* header, CapabilityData* two);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int tgkill(int pid, int thread, int signal);

    /// <summary>Gives the disposition before: 0 default, 1 ignored, else a handler.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial nint signal(int number, nint disposition);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int shutdown(FileDescriptor socket, int how);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setsockopt(
        FileDescriptor socket, int level, int name, void* value, uint valueBytes);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint sendmsg(FileDescriptor socket, MessageHeader* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint recvmsg(FileDescriptor socket, MessageHeader* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int execvp(byte* file, byte** arguments);
}
