using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// Mount namespaces belong to threads. A thread that enters one keeps it; processes and threads
/// it starts are born in it, other threads of the process see nothing of it.
/// </summary>
public static class MountNamespace
{
    private const int NewNamespace = 0x20000;
    private const int FileSystemState = 0x200;

    /// <summary>
    /// Gives the calling thread a mount namespace of its own with all mounts private. Only for
    /// a thread made for it, never one of the thread pool.
    /// </summary>
    public static void EnterPrivate()
    {
        Sys.Require(LibC.unshare(NewNamespace), "unshare CLONE_NEWNS");
        Mounts.MakeAllPrivate();
    }

    /// <summary>The calling thread's namespace, for another thread to join.</summary>
    public static FileDescriptor Current() =>
        Files.Open("/proc/thread-self/ns/mnt", OpenFlags.ReadOnly);

    /// <summary>Moves the calling thread into a namespace.</summary>
    public static void Join(FileDescriptor mountNamespace)
    {
        UnshareFileSystemState();
        Sys.Require(LibC.setns(mountNamespace, NewNamespace), "setns CLONE_NEWNS");
    }

    /// <summary>
    /// Gives the calling thread its own working directory, root and umask (CLONE_FS), which the
    /// threads of a process otherwise share. Harmless when done twice.
    /// </summary>
    public static void UnshareFileSystemState() =>
        Sys.Require(LibC.unshare(FileSystemState), "unshare CLONE_FS");
}
