using System.Diagnostics;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;

namespace HandleCache.Lab.Differential;

/// <summary>
/// Two client processes on the running kernel (<see cref="OverlapStep"/>). Where a caller stands
/// is known by its request here, by its reply, or by its thread's state: uninterruptible sleep is
/// a lock or another's lookup, since whoever waits for the server has a request here.
/// </summary>
internal sealed class RealCallers(WorkloadProcess[] clients, bool dropsReads) : IMessageGate
{
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly HeldRequests _held = new(dropsReads, Dialect.Classic);
    private readonly Task<VfsResult>?[] _calls = new Task<VfsResult>?[HeldRequests.Callers];
    private bool _isOn;

    public GateChannel Channel { get; set; } = null!;

    public bool Keeps(ReadOnlySpan<byte> message)
    {
        lock (_lock)
            return _isOn && _held.Keeps(message, CallerOf);
    }

    public void Begin()
    {
        lock (_lock)
        {
            Array.Clear(_calls);
            _held.Begin();
            _isOn = true;
        }
    }

    public void Start(int caller, VfsCall call) => _calls[caller] = Task.Factory.StartNew(
        () => clients[caller].Ask(new ScriptCallsRequest([call]), CallPatience).Results[0],
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>
    /// Waits until a caller stands where the modelled one does; where it stands when that takes
    /// too long.
    /// </summary>
    public CallerState Await(int caller, CallerState expected, TimeSpan patience)
    {
        long begun = Stopwatch.GetTimestamp();
        for (int i = 0; ; i++)
        {
            // Whether it sleeps is dear to find out, and only asked where it should.
            bool isLate = Stopwatch.GetElapsedTime(begun) > patience;
            CallerState state = StateOf(caller, isLate || expected.Stand == CallerStand.Blocked);
            if (state == expected || isLate)
                return state;
            if (i < 50)
                Thread.Yield();
            else
                Thread.Sleep(1);
        }
    }

    /// <exception cref="WorkloadException">The client failed.</exception>
    public VfsResult ResultOf(int caller) => _calls[caller]!.GetAwaiter().GetResult();

    /// <summary>
    /// A signal that the client handles, to the thread that waits (<see cref="WorkloadServer"/>).
    /// </summary>
    public void Interrupt(int caller)
    {
        int thread;
        lock (_lock)
            thread = (int)_held.ThreadOf(caller);
        Processes.SignalThread(clients[caller].ProcessId, thread, Processes.User1);
    }

    public void AnswerInterrupt(int caller, Errno errno) => AnswerError(
        _held.UniqueOf(caller) | FuseConstants.FUSE_INT_REQ_BIT, errno);

    public void Refuse(int caller, Errno errno)
    {
        lock (_lock)
            _held.Take(caller);
        AnswerError(_held.UniqueOf(caller), errno);
    }

    public void Serve(int caller)
    {
        byte[] message;
        lock (_lock)
            message = _held.Take(caller);
        Channel.Pass(message);
    }

    /// <summary>
    /// Lets all go on, wherever they are: nothing is kept any more, and what was goes to the
    /// server, so that every call ends.
    /// </summary>
    public void End()
    {
        lock (_lock)
        {
            _isOn = false;
            for (int caller = 0; caller < HeldRequests.Callers; caller++)
            {
                if (_held.Of(caller) is not null)
                    Channel.Pass(_held.Take(caller));
            }
        }

        foreach (Task<VfsResult>? call in _calls)
        {
            // A client that failed says so where its result is asked for.
            if (call is not null)
                Task.WaitAny([call], CallPatience);
        }
    }

    private void AnswerError(ulong unique, Errno errno) =>
        Channel.Reply(MessageBuilder.Failure(unique, errno));

    private CallerState StateOf(int caller, bool mayBlock)
    {
        lock (_lock)
        {
            bool isDone = _calls[caller] is not { IsCompleted: false };
            CallerStand stand = isDone ? CallerStand.Done
                : _held.Of(caller) is not null ? CallerStand.Asks
                : mayBlock && IsAsleep(clients[caller].ProcessId) ? CallerStand.Blocked
                : CallerStand.Runs;
            return new(stand, _held.Interrupts(caller), _held.Shown(caller));
        }
    }

    /// <summary>A request bears the number of a thread.</summary>
    private int CallerOf(uint thread) => Array.FindIndex(
        clients, client => Directory.Exists(FormattableString.Invariant(
            $"/proc/{client.ProcessId}/task/{thread}")));

    /// <summary>
    /// Whether a thread of the process sleeps uninterruptibly, twice with a pause between.
    /// </summary>
    private static bool IsAsleep(int pid)
    {
        if (!HasSleeper(pid))
            return false;
        Thread.Sleep(1);
        return HasSleeper(pid);
    }

    private static bool HasSleeper(int pid)
    {
        try
        {
            foreach (string task in Directory.GetDirectories($"/proc/{pid}/task"))
            {
                string stat = File.ReadAllText($"{task}/stat");
                if (stat.AsSpan(stat.LastIndexOf(')') + 2).StartsWith("D"))
                    return true;
            }
        }
        catch (IOException)
        {
            // A thread that ended meanwhile does not sleep.
        }

        return false;
    }
}
