using System.Globalization;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>Signals and the life of child processes.</summary>
public static class Processes
{
    private const int SetParentDeathSignal = 1;

    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int User1 = 10;
    public const int Terminate = 15;

    /// <summary>Thread id of the calling thread, as the kernel numbers it.</summary>
    public static int CurrentThreadId => LibC.gettid();

    /// <summary>
    /// Whether a thread of a process runs, or would if it were let (state R of proc(5)); false
    /// where there is no such process.
    /// </summary>
    public static bool WantProcessor(int pid)
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{pid}/task").Any(
                thread => File.ReadAllText($"{thread}/stat") is var stat
                    && stat.AsSpan(stat.LastIndexOf(')') + 1).StartsWith(" R"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Processes that this one has started and that live (proc(5), stat).</summary>
    public static IReadOnlyList<int> ChildrenOf(int pid)
    {
        List<int> children = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(
                Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture,
                out int child))
            {
                continue;
            }

            try
            {
                // "pid (name) state ppid ...", and a name may hold anything.
                string stat = File.ReadAllText(Path.Combine(folder, "stat"));
                string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                if (fields[0] is not ("Z" or "X")
                    && int.Parse(fields[1], CultureInfo.InvariantCulture) == pid)
                {
                    children.Add(child);
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return children;
    }

    /// <summary>kill(2); ESRCH: no such process.</summary>
    public static Errno Signal(int pid, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pid);
        return Sys.Status(LibC.kill(pid, signal));
    }

    /// <summary>tgkill(2): to one thread of a process; ESRCH: there is none such.</summary>
    public static Errno SignalThread(int pid, int thread, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pid);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(thread);
        return Sys.Status(LibC.tgkill(pid, thread, signal));
    }

    /// <summary>
    /// Ends the ignoring of a signal that this process was started with (signal(7)); a handler
    /// stays. For a signal that the process has no handler of yet.
    /// </summary>
    public static void HeedSignal(int signal)
    {
        const nint Default = 0;
        const nint Ignored = 1;
        nint before = LibC.signal(signal, Default);
        if (before is not (Default or Ignored))
            LibC.signal(signal, before);
    }

    /// <summary>
    /// The calling process gets the signal when the thread that started it ends. When the
    /// parent is already gone (another parent id than expected), ESRCH.
    /// </summary>
    public static Errno DieWithParent(int expectedParentPid, int signal = Kill)
    {
        Errno errno = Sys.Status(LibC.prctl(SetParentDeathSignal, (ulong)signal, 0, 0, 0));
        if (errno != Errno.None)
            return errno;
        return LibC.getppid() == expectedParentPid ? Errno.None : Errno.ESRCH;
    }

    /// <summary>
    /// execvp(2): the process becomes another program, which heeds SIGPIPE as most do (this one
    /// ignores it). Returns only where that fails.
    /// </summary>
    public static unsafe Errno Become(IReadOnlyList<string> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        const int Pipe = 13;
        HeedSignal(Pipe);
        byte[][] words = [.. command.Select(CString.FromString)];
        byte** arguments = stackalloc byte*[words.Length + 1];
        System.Buffers.MemoryHandle[] pins = new System.Buffers.MemoryHandle[words.Length];
        try
        {
            // SAFETY: every word ends with a NUL and is pinned; the array ends with a null.
            for (int i = 0; i < words.Length; i++)
            {
                pins[i] = words[i].AsMemory().Pin();
                arguments[i] = (byte*)pins[i].Pointer;
            }

            arguments[words.Length] = null;
            return Sys.Status(LibC.execvp(arguments[0], arguments));
        }
        finally
        {
            foreach (System.Buffers.MemoryHandle pin in pins)
                pin.Dispose();
        }
    }
}
