using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Keeping;

namespace HandleCache.Server.Mounting;

/// <summary>Starts a server process that inherits the device.</summary>
/// <param name="options">Those of the mount.</param>
/// <param name="device">To be inherited; the caller closes it.</param>
/// <param name="init">The kernel's INIT.</param>
/// <param name="life">1, 2, ...</param>
public delegate IServerProcess HeldServerStart(
    MountOptions options, FileDescriptor device, byte[] init, ulong life);

/// <summary>
/// A mount of a kernel with handles whose server may die. What outlives it here is the device, and
/// INIT, which the kernel sends once: no table and no cache, as a service manager would keep it.
/// </summary>
/// <remarks>
/// This process may have nothing open on the mount: the child that becomes the next server would
/// close its copy on execve(2), and wait for that server to answer FLUSH (filp_flush(), fs/open.c).
/// </remarks>
public sealed class HeldMount : IDisposable
{
    private const int LargestInit = 1 << 17;

    /// <summary>Servers in a row that end by themselves before the mount is given up.</summary>
    private const int MostFailures = 3;

    /// <summary>.NET gives a process that a signal ended this and the signal's number.</summary>
    private const int SignalledExit = 128;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NamespaceThread _namespace;
    private readonly MountOptions _options;
    private readonly HeldServerStart _start;
    private readonly FuseDevice _device;
    private readonly string _mountPoint;
    private readonly Thread _thread;
    private byte[] _init = [];
    private int _pid;
    private long _life;
    private volatile bool _isOver;
    private Exception? _failure;

    private HeldMount(
        NamespaceThread mountNamespace, MountOptions options, HeldServerStart start,
        FuseDevice device, string mountPoint)
    {
        _namespace = mountNamespace;
        _options = options;
        _start = start;
        _device = device;
        _mountPoint = mountPoint;
        _thread = new Thread(Run) { IsBackground = true, Name = "device-holder" };
    }

    /// <summary>The server's process now; 0 between two.</summary>
    public int ServerPid => Volatile.Read(ref _pid);

    /// <summary>Servers started so far.</summary>
    public long Life => Volatile.Read(ref _life);

    /// <summary>What ended the mount; null for nothing.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Mounts, takes the kernel's INIT and starts the first server.</summary>
    /// <param name="mountNamespace">Where the mount is made.</param>
    /// <param name="options">What is served.</param>
    /// <param name="start">Starts a server; null: this program again.</param>
    /// <exception cref="IOException">The kernel refused the mount.</exception>
    public static HeldMount Start(
        NamespaceThread mountNamespace, MountOptions options, HeldServerStart? start = null)
    {
        ArgumentNullException.ThrowIfNull(mountNamespace);
        ArgumentNullException.ThrowIfNull(options);
        DescriptorLimit.Raise();
        string mountPoint = Path.GetFullPath(options.MountPoint);
        FuseDevice device = FuseDevice.Open(options.Driver);
        HeldMount? held = new(
            mountNamespace, options, start ?? ServerProcess.StartHeld, device, mountPoint);
        try
        {
            mountNamespace.Invoke(() =>
            {
                Mounts.MountFuse(device, mountPoint, options.Settings);
                return true;
            });
            byte[] buffer = new byte[LargestInit];
            SysResult read = device.Read(buffer);
            if (read.Failed)
                throw new LinuxException(read.Errno, "read INIT");
            held._init = buffer[..(int)read.Value];
            held._thread.Start();
            HeldMount result = held;
            held = null;
            return result;
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>Unmounts, waits for the server, and closes the device.</summary>
    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        if (_init.Length > 0)
            _namespace.Invoke(() => Mounts.Unmount(_mountPoint));
        if (_thread.IsAlive)
            _thread.Join(Patience);
        _device.Dispose();
    }

    /// <summary>One server after the other, on one thread, with which they die.</summary>
    private void Run()
    {
        int failures = 0;
        while (!_isOver && failures < MostFailures)
        {
            try
            {
                failures = RunOne() ? 0 : failures + 1;
            }
            catch (IOException e)
            {
                Volatile.Write(ref _failure, e);
                return;
            }
        }

        if (!_isOver)
            Volatile.Write(ref _failure, new IOException("the server ends by itself"));
    }

    /// <summary>Whether the server was killed; else it ended by itself.</summary>
    private bool RunOne()
    {
        using IServerProcess server = StartOne();
        Volatile.Write(ref _pid, server.ProcessId);
        int? exit;
        while ((exit = server.WaitForExit(LookEvery)) is null)
        {
            if (_isOver && (exit = server.WaitForExit(Patience)) is null)
                break;
        }

        Volatile.Write(ref _pid, 0);
        return exit == SignalledExit + Processes.Kill;
    }

    private IServerProcess StartOne()
    {
        using FileDescriptor theirs = _device.Descriptor.Duplicate(out Errno errno)
            ?? throw new LinuxException(errno, "duplicate the device");
        theirs.Inherit();
        long life = Interlocked.Increment(ref _life);
        return _start(_options, theirs, _init, (ulong)life);
    }
}
