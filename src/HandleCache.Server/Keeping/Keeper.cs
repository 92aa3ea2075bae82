using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Keeping;

/// <summary>
/// Keeps a mount alive over the deaths of its server. It holds the connection and what the kernel
/// believes (nodeids, handles, open files), starts servers, answers their questions, and stands in
/// nobody's way: requests go from the kernel to the server and back without it.
/// </summary>
/// <remarks>
/// After a death: the log is drained, FUSE_NOTIFY_RESEND makes the kernel send again, oldest first
/// and marked, what was read and not answered (fuse_resend(), fs/fuse/dev.c), and a new server is
/// started. One thread, the caller's of <see cref="Run"/>; <see cref="Snapshot"/>,
/// <see cref="ServerPid"/> and their like from any.
/// </remarks>
public sealed class Keeper : IDisposable
{
    /// <summary>Workers that one server may have.</summary>
    public const int MostWorkers = KeeperMemory.MaxWorkers;

    private const int HeadRoomBytes = 8192;
    private const int PollMs = 100;

    /// <summary>
    /// How often servers that are still starting are looked at, besides their sockets.
    /// </summary>
    private const int StartPollMs = 20;

    /// <summary>A server that has nothing to answer gets its standby after this.</summary>
    private static readonly TimeSpan QuietStart = TimeSpan.FromMilliseconds(150);

    /// <summary>After a life of this length the next one is a new beginning.</summary>
    private static readonly TimeSpan LongLife = TimeSpan.FromSeconds(10);

    /// <summary>
    /// However long they live: servers that die so long without an answer are no use.
    /// </summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    private readonly FuseDevice _device;
    private readonly KeeperOptions _options;
    private readonly KeeperMemory _memory;
    private readonly LogReader _log;
    private readonly KeeperState _state;
    private readonly KeeperDesk _desk;
    private readonly List<FuseDevice> _clones = [];
    private readonly WakeEvent _stop = new();
    private readonly Lock _lock = new();

    private readonly StandbyServers _standbys;

    private int _serverPid;
    private int _lives;
    private int _fruitless;
    private long _diedAt;
    private long _helloAt;
    private long _answeredAt = Stopwatch.GetTimestamp();

    /// <param name="device">Mounted before Run, INIT not yet read; the keeper owns it.</param>
    /// <param name="options">How to work.</param>
    public Keeper(FuseDevice device, KeeperOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Workers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Workers, KeeperMemory.MaxWorkers);
        if (!options.Dialect.CarriesHandles)
        {
            throw new ArgumentException(
                $"{options.Dialect.Name} has no handles to recover by", nameof(options));
        }

        _device = device;
        _options = options;
        _memory = KeeperMemory.Create(options.MaxWriteBytes + HeadRoomBytes);
        _log = new LogReader(_memory);
        _state = new KeeperState(options.IsExported);
        _desk = new KeeperDesk(_state, device, options.Dialect);
        _standbys = new StandbyServers(options.Start);
    }

    /// <summary>The connection, to be mounted before <see cref="Run"/>.</summary>
    public FuseDevice Device => _device;

    /// <summary>The server's process; 0 between two.</summary>
    public int ServerPid => Volatile.Read(ref _serverPid);

    /// <summary>Whether the server of now has written a reply.</summary>
    public bool HasAnswered => ServerPid != 0 && Volatile.Read(ref _memory.Answered) != 0;

    /// <summary>Completes when the first server has answered INIT.</summary>
    public Task Ready => _desk.Ready;

    /// <summary>What has been seen until now.</summary>
    public KeeperCounts Snapshot() => Inspect(static state => state.Snapshot());

    /// <summary>Looks into what is held; from any thread.</summary>
    internal T Inspect<T>(Func<KeeperState, T> look)
    {
        lock (_lock)
            return look(_state);
    }

    /// <summary>Minor of the protocol agreed on; 0 before <see cref="Ready"/>.</summary>
    public uint Minor => _desk.Minor;

    /// <summary>Ends <see cref="Run"/>; from any thread.</summary>
    public void Stop() => _stop.Set();

    /// <summary>Serves until unmounted or stopped.</summary>
    /// <exception cref="IOException">
    /// Server after server died without one answer, or one answered INIT otherwise than the first.
    /// </exception>
    public void Run()
    {
        byte[] init = ReadInit();
        for (int i = 0; i < _options.Workers; i++)
            _clones.Add(_device.Clone());
        while (Hire() is { } server)
        {
            using (server)
            {
                if (LiveOnce(server, init) != Ending.Died)
                    return;
            }

            if (!MayGoOn())
                return;
        }
    }

    public void Dispose()
    {
        _standbys.Dispose();
        foreach (FuseDevice clone in _clones)
            clone.Dispose();
        _device.Dispose();
        _memory.Dispose();
        _state.Dispose();
        _stop.Dispose();
    }

    private enum Ending
    {
        Stopped,
        Unmounted,
        Died,
    }

    private byte[] ReadInit()
    {
        byte[] buffer = new byte[_memory.BufferBytes];
        SysResult read = _device.Read(buffer);
        if (read.Failed)
            throw new LinuxException(read.Errno, "read INIT");
        byte[] init = buffer[..(int)read.Value];
        bool isInit = FuseRequest.TryParse(init, out FuseRequest request, out _)
            && request.Opcode == FuseOpcode.FUSE_INIT;
        if (!isInit)
            throw new IOException("the kernel's first request is not INIT");
        WireReader reader = request.Reader;
        bool canResend = reader.TryRead(out fuse_init_in offer)
            && (InitWords.Offered(offer) & FuseInitFlags.FUSE_HAS_RESEND) != 0;
        return canResend
            ? init
            : throw new KernelLacksException(
                "the kernel cannot send requests again (Linux 6.9 can)");
    }

    /// <summary>
    /// The next server, ready to serve: one that is killed while it starts never was the server.
    /// Null when stopped.
    /// </summary>
    private HiredServer? Hire()
    {
        bool hasWaited = false;
        while (true)
        {
            HiredServer? server = _standbys.Take(out bool isReady);
            if (isReady)
                return server;
            if (server is not null)
            {
                OnStillborn(server);
                if (!MayGoOn())
                    return null;
                continue;
            }

            if (!hasWaited && _lives > 0)
                _standbys.Want(more: true);
            hasWaited = true;
            if (_standbys.Oldest is null)
                _standbys.StartOne();
            Poller.WaitReadable(
                _standbys.Oldest!, _stop.Descriptor, StartPollMs, out _, out short stop);
            if (stop != 0)
                return null;
        }
    }

    /// <summary>One server from its hello to its end.</summary>
    private Ending LiveOnce(HiredServer server, byte[] init)
    {
        _lives++;
        (_memory.Answered, _memory.Asked) = (0, 0);
        Volatile.Write(ref _serverPid, server.Process.ProcessId);
        _options.Report(string.Create(
            CultureInfo.InvariantCulture,
            $"server {_lives} is process {server.Process.ProcessId}"));
        _helloAt = Stopwatch.GetTimestamp();
        SayHello(server.Socket, init);
        bool stopped = Attend(server);
        Volatile.Write(ref _serverPid, 0);
        if (stopped)
            return Ending.Stopped;
        int? code = server.Process.WaitForExit(TimeSpan.FromSeconds(5));
        if (code == 0)
            return Ending.Unmounted;
        OnDeath(code);
        return Ending.Died;
    }

    private void SayHello(PacketSocket socket, byte[] init)
    {
        KeeperMessage hello = new()
        {
            Verb = KeeperVerb.Hello,
            Number = (uint)(_lives - 1),
            Other = (ulong)_memory.BufferBytes,
            Flag = _state.IsEmpty && _lives == 1 ? 0u : 1u,
            TailBytes = (uint)init.Length,
        };
        FileDescriptor[] descriptors =
            [_memory.Descriptor, .. _clones.Select(clone => clone.Descriptor)];
        SysResult sent = socket.Send(
            MemoryMarshal.AsBytes(new ReadOnlySpan<KeeperMessage>(in hello)), init, descriptors);
        if (sent.Failed && sent.Errno is not (Errno.EPIPE or Errno.ECONNRESET))
            throw new LinuxException(sent.Errno, "send hello");
    }

    /// <summary>Answers and drains until the server hangs up (false) or Stop (true).</summary>
    private bool Attend(HiredServer server)
    {
        PacketSocket socket = server.Socket;
        while (true)
        {
            SysResult ready = Poller.WaitReadable(
                socket.Descriptor, _stop.Descriptor, PollMs, out short events, out short stop);
            if (stop != 0)
                return true;
            bool isQuiet = Stopwatch.GetElapsedTime(_helloAt) > QuietStart;
            if (isQuiet || Volatile.Read(ref _memory.Answered) != 0)
                _standbys.Fill();
            lock (_lock)
            {
                _log.Drain(_state.Apply);
                NoteFirstAnswer();
                if (!ready.Failed && events != 0
                    && !_desk.Serve(
                        socket, server.Process.ProcessId, () => CatchUp(server)))
                {
                    return false;
                }
            }

            if (ready is { Failed: false, Value: 0 } && server.HasDied())
                return false;
        }
    }

    /// <summary>Waits for records that are begun; false when their writer died.</summary>
    private bool CatchUp(HiredServer server)
    {
        SpinWait wait = default;
        while (!_log.Drain(_state.Apply))
        {
            if (wait.NextSpinWillYield && server.HasDied())
                return false;
            wait.SpinOnce();
        }

        return true;
    }

    private void OnDeath(int? code)
    {
        _diedAt = Stopwatch.GetTimestamp();
        TimeSpan lived = Stopwatch.GetElapsedTime(_helloAt);
        bool hasAnswered = Volatile.Read(ref _memory.Answered) != 0;
        bool wasAsked = Volatile.Read(ref _memory.Asked) != 0;
        if (hasAnswered || !wasAsked)
            _answeredAt = _diedAt;
        if (hasAnswered || (!wasAsked && lived > LongLife))
            _fruitless = 0;
        else if (!WasKilled(code))
            _fruitless++;
        if (lived > LongLife)
            _standbys.Want(more: false);
        lock (_lock)
        {
            _log.Drain(_state.Apply, isDead: true);
            _state.OnDeath(_memory);
            _state.Counts.Lives = _lives;
        }

        _options.Report(string.Create(
            CultureInfo.InvariantCulture, $"server {_lives} died ({code})"));
        SendResend();
    }

    /// <summary>
    /// It died before it could serve: nothing to recover, but it may never get better.
    /// </summary>
    private void OnStillborn(HiredServer server)
    {
        using (server)
        {
            int? code = server.Process.WaitForExit(TimeSpan.FromSeconds(5));
            if (!server.IsReady)
                _fruitless++;
            _options.Report(string.Create(
                CultureInfo.InvariantCulture,
                $"process {server.Process.ProcessId} died ({code}) before it was the server"));
        }
    }

    /// <summary>
    /// By somebody else's SIGKILL, SIGTERM, SIGINT or SIGHUP: no fault of the server's own.
    /// </summary>
    private static bool WasKilled(int? code) => code is 137 or 143 or 130 or 129;

    /// <summary>Waits longer with every fruitless start; false when stopped meanwhile.</summary>
    /// <exception cref="IOException">There is no hope.</exception>
    private bool MayGoOn()
    {
        GiveUpIfHopeless();
        return _fruitless == 0 || !BackOff();
    }

    private void GiveUpIfHopeless()
    {
        if (_fruitless >= _options.MaxFruitlessLives)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture,
                $"{_fruitless} servers died without one answer: giving up"));
        }

        // _answeredAt is the end of the last life that left nothing to be asked for.
        if (Stopwatch.GetElapsedTime(_answeredAt) > LongestSilence)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture,
                $"no answer for {LongestSilence.TotalSeconds} s, and servers die: giving up"));
        }
    }

    private void SendResend()
    {
        SysResult sent = _device.Write(
            MessageBuilder.Notification(FuseNotifyCode.FUSE_NOTIFY_RESEND));
        if (sent.Failed && sent.Errno is not (Errno.ENODEV or Errno.EPERM))
            throw new LinuxException(sent.Errno, "FUSE_NOTIFY_RESEND");
    }

    /// <summary>Waits longer with every fruitless life; true when stopped meanwhile.</summary>
    private bool BackOff()
    {
        int delayMs = Math.Min(50 << _fruitless, 2000);
        Poller.WaitReadable(_stop.Descriptor, null, delayMs, out short stop, out _);
        return stop != 0;
    }

    private void NoteFirstAnswer()
    {
        _state.Counts.Lives = _lives;
        if (_diedAt == 0 || Volatile.Read(ref _memory.Answered) == 0)
            return;
        double gap = Stopwatch.GetElapsedTime(_diedAt).TotalMilliseconds;
        _state.Counts.LongestGapMs = Math.Max(_state.Counts.LongestGapMs, gap);
        _diedAt = 0;
    }
}
