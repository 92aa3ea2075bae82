using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab;

/// <summary>This process as one that another process of the program started.</summary>
public static class ChildProcess
{
    /// <summary>
    /// Does the work of a child that dies with its parent. Ctrl-C, which reaches the whole
    /// foreground group, is ignored: the parent decides what becomes of its children.
    /// </summary>
    /// <exception cref="BadInputException">Another process started this one.</exception>
    public static void Run(int parent, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Errno errno = Processes.DieWithParent(parent);
        if (errno != Errno.None)
            throw new BadInputException($"process {parent} did not start this one ({errno})");
        using PosixSignalRegistration ignored = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, context => context.Cancel = true);
        work();
    }
}
