using System.Runtime.InteropServices;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>poll(2) on one or two descriptors for reading.</summary>
public static unsafe class Poller
{
    /// <summary>POLLIN, POLLERR, POLLHUP.</summary>
    public const short In = 1;
    public const short Error = 8;
    public const short HangUp = 16;

    /// <summary>
    /// Waits until a descriptor that somebody else owns is readable, in error or hung up; false
    /// after the timeout. An interrupted wait is taken up again.
    /// </summary>
    public static bool WaitReadable(SafeHandle handle, int timeoutMs)
    {
        ArgumentNullException.ThrowIfNull(handle);
        bool isKept = false;
        handle.DangerousAddRef(ref isKept);
        try
        {
            long end = Environment.TickCount64 + timeoutMs;
            while (true)
            {
                PollFd fd = new() { Fd = (int)handle.DangerousGetHandle(), Events = In };
                int rest = (int)Math.Max(0, end - Environment.TickCount64);
                // SAFETY: one entry, which lives on this stack.
                SysResult ready = Sys.Count(LibC.poll(&fd, 1, rest));
                if (ready.Errno != Errno.EINTR)
                    return ready.Failed || ready.Value > 0;
            }
        }
        finally
        {
            handle.DangerousRelease();
        }
    }

    /// <summary>
    /// Waits until one of two is readable, in error or hung up. The events found are given;
    /// the result is how many descriptors have some, 0 after the timeout (-1: no timeout).
    /// </summary>
    public static SysResult WaitReadable(
        FileDescriptor first, FileDescriptor? second, int timeoutMs, out short firstEvents,
        out short secondEvents)
    {
        ArgumentNullException.ThrowIfNull(first);
        using DescriptorScope keepFirst = new(first);
        using DescriptorScope keepSecond = new(second ?? first);
        PollFd* fds = stackalloc PollFd[2];
        fds[0] = new PollFd { Fd = first.Number, Events = In };
        fds[1] = new PollFd { Fd = second?.Number ?? -1, Events = In };
        // SAFETY: two entries; a negative descriptor is ignored by the kernel.
        int ready = LibC.poll(fds, 2, timeoutMs);
        SysResult result = Sys.Count(ready);
        firstEvents = ready > 0 ? fds[0].Returned : (short)0;
        secondEvents = ready > 0 ? fds[1].Returned : (short)0;
        return result;
    }
}
