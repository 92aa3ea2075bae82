using System.Globalization;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Relaying;

/// <summary>
/// For servers that open /dev/fuse and call mount(2) themselves (ntfs-3g, go-fuse with
/// DirectMount): the call is left to us by seccomp. The descriptor that its option fd=N names is
/// replaced by the socket, and the call answered 0, while nothing is mounted: whoever has the
/// other end mounts, where he likes. Needs no rights.
/// </summary>
public sealed class DirectMountStandIn : MountStandIn
{
    /// <summary>The hidden command that becomes the server.</summary>
    public const string CommandName = "direct-mount-stand-in";

    private const string DescriptorOption = "fd=";

    private readonly DirectoryInfo _folder =
        Directory.CreateTempSubdirectory("handlecache-direct-mount-");
    private readonly WakeEvent _stop = new();
    private readonly List<Thread> _threads = [];
    private PacketSocket? _handed;

    public DirectMountStandIn() =>
        MountPoint = _folder.CreateSubdirectory("mnt").FullName;

    /// <summary>What the hidden command does: becomes the server.</summary>
    /// <param name="socket">Where the listener is sent.</param>
    /// <param name="command">The server and its arguments.</param>
    /// <returns>Why it does not.</returns>
    public static string Run(int socket, IReadOnlyList<string> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        try
        {
            using PacketSocket asker = PacketSocket.Adopt(FileDescriptor.Own(socket));
            using (FileDescriptor listener = MountCalls.Install())
            {
                SysResult sent = asker.Send([0], descriptors: [listener]);
                if (sent.Failed)
                    return $"nobody takes the listener: {sent.Errno}";
            }
        }
        catch (LinuxException e)
        {
            return e.Message;
        }

        return $"cannot start {command[0]}: {Processes.Become(command)}";
    }

    internal override IReadOnlyList<string> Wrap(
        IEnumerable<string> command, PacketSocket socket)
    {
        (string program, string? assembly) = OwnProgram.Find();
        (PacketSocket mine, PacketSocket theirs) = PacketSocket.CreatePair();
        theirs.Descriptor.Inherit();
        _handed = theirs;
        FileDescriptor? device = socket.Descriptor.Duplicate(out Errno errno);
        if (device is null)
            throw new IOException($"the server's end of the socket: {errno}");
        Thread thread = new(() => Supervise(mine, device))
        {
            IsBackground = true,
            Name = "direct-mount",
        };
        _threads.Add(thread);
        thread.Start();
        string number = theirs.Descriptor.Number.ToString(CultureInfo.InvariantCulture);
        return assembly is null
            ? [program, CommandName, number, "--", .. command]
            : [program, assembly, CommandName, number, "--", .. command];
    }

    internal override void Started() => _handed?.Dispose();

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        Started();
        _stop.Set();
        foreach (Thread thread in _threads)
            thread.Join();
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Until the server ends, or we do.</summary>
    private void Supervise(PacketSocket asker, FileDescriptor device)
    {
        List<FileDescriptor> came = [];
        using (asker)
        using (device)
        {
            if (!Waits(asker.Descriptor)
                || asker.Receive(new byte[1], out _, came, wait: false) != Errno.None
                || came.Count == 0)
                return;
            using MountCalls calls = new(came[0]);
            while (Waits(calls.Descriptor))
            {
                if (calls.TryReceive(out MountCall call))
                    Answer(calls, call, device);
            }
        }
    }

    private static void Answer(MountCalls calls, in MountCall call, FileDescriptor device)
    {
        if (!call.Type.StartsWith("fuse", StringComparison.Ordinal)
            || NumberIn(call.Data) is not { } number)
        {
            calls.Continue(call);
            return;
        }

        // One mount has one socket; our copy is closed so that the server's end is the last.
        Errno errno = device.IsClosed ? Errno.EBUSY : calls.Replace(call, device, number);
        device.Dispose();
        calls.Answer(call, errno);
    }

    /// <summary>The descriptor that the options of a mount name.</summary>
    private static int? NumberIn(string data)
    {
        foreach (string option in data.Split(','))
        {
            if (option.StartsWith(DescriptorOption, StringComparison.Ordinal)
                && int.TryParse(
                    option.AsSpan(DescriptorOption.Length), NumberStyles.None,
                    CultureInfo.InvariantCulture, out int number))
                return number;
        }

        return null;
    }

    /// <summary>False where the other side is gone, or the end has come.</summary>
    private bool Waits(FileDescriptor descriptor)
    {
        while (true)
        {
            SysResult ready = Poller.WaitReadable(
                descriptor, _stop.Descriptor, timeoutMs: -1, out short events, out short stopped);
            if (stopped != 0)
                return false;
            if (ready.Failed)
                continue;
            return (events & Poller.In) != 0;
        }
    }
}
