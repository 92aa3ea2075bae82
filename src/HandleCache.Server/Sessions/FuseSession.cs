using HandleCache.Protocol.Abi;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Sessions;

/// <summary>
/// Serves one file system on one channel: INIT on the first port, then one worker a port until
/// the channel is closed or unmounted. A failure of any worker closes the channel for all.
/// </summary>
public sealed partial class FuseSession : IDisposable
{
    private readonly IChannel _channel;
    private readonly FileSystem _fileSystem;
    private readonly SessionOptions _options;
    private readonly InterruptRegistry _interrupts = new();
    private readonly TaskCompletionSource<SessionAgreement> _ready =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly IChannelPort _firstPort;
    private Exception? _failure;
    private Worker? _caller;

    /// <summary>The session owns the channel's ports, not the channel.</summary>
    public FuseSession(IChannel channel, FileSystem fileSystem, SessionOptions options)
    {
        _channel = channel;
        _fileSystem = fileSystem;
        _options = options with { Backing = options.Backing && channel.Backing is not null };
        _firstPort = channel.OpenPort();
        Notifier = new Notifier(_firstPort);
    }

    /// <summary>
    /// Completes when INIT has been answered; fails when the channel closes before.
    /// </summary>
    public Task<SessionAgreement> Ready => _ready.Task;

    /// <summary>What the server may tell the kernel unasked, once <see cref="Ready"/>.</summary>
    public Notifier Notifier { get; }

    /// <summary>
    /// Serves until the channel closes; the calling thread is the first worker.
    /// </summary>
    /// <exception cref="IOException">The channel failed, or INIT was refused.</exception>
    public void Run()
    {
        List<Thread> others = [];
        try
        {
            Worker first = new(this, _firstPort);
            if (first.Negotiate() is not { } agreement)
                return;
            Guarded(() => ServeWithOthers(first, agreement, others));
        }
        finally
        {
            foreach (Thread thread in others)
                thread.Join();
            _ready.TrySetException(new IOException("the channel closed before INIT"));

            // A connection that never got ready is told by Run's own exception.
            _ = _ready.Task.Exception;
            _fileSystem.Destroyed();
        }

        if (_failure is not null)
            throw new IOException($"the session failed: {_failure.Message}", _failure);
    }

    /// <summary>
    /// Instead of <see cref="Run"/>, on a channel that does not wait: serves on the calling
    /// thread what lies in the channel, INIT first.
    /// </summary>
    /// <exception cref="IOException">The channel failed, or INIT was refused.</exception>
    public void ServePending()
    {
        if (_caller is null)
        {
            Worker worker = new(this, _firstPort);
            if (worker.Negotiate() is not { } agreement)
                return;
            Begin(agreement);
            worker.Agree(agreement, isAligned: false);
            _caller = worker;
            _ready.TrySetResult(agreement);
        }

        while (_caller.ServeNext(mayBeEmpty: true))
        {
        }
    }

    public void Dispose()
    {
        if (_caller is not null)
            _fileSystem.Destroyed();
        _caller = null;
        _firstPort.Dispose();
    }

    /// <summary>
    /// Starts the other workers and serves. A port that cannot be opened must end those that
    /// run already, so the caller guards all of it.
    /// </summary>
    private void ServeWithOthers(Worker first, SessionAgreement agreement, List<Thread> others)
    {
        Begin(agreement);
        for (int i = 1; i < _options.Workers; i++)
        {
            IChannelPort port = _channel.OpenPort();
            Thread thread = new(() => RunOther(port, agreement))
            {
                IsBackground = true,
                Name = $"fuse-worker-{i}",
            };
            others.Add(thread);
            thread.Start();
        }

        _ready.TrySetResult(agreement);
        first.Serve(agreement);
    }

    private void Begin(SessionAgreement agreement)
    {
        bool isBacked = (agreement.Flags & FuseInitFlags.FUSE_PASSTHROUGH) != 0;
        if (isBacked && _channel.Backing is { } backing)
            _fileSystem.UseBacking(backing);
        _fileSystem.Initialized(agreement.Flags);
    }

    private void RunOther(IChannelPort port, SessionAgreement agreement)
    {
        using (port)
            Guarded(() => new Worker(this, port).Serve(agreement));
    }

    /// <summary>A bug in one worker must not leave the mount half served and hanging.</summary>
    private void Guarded(Action work)
    {
        try
        {
            work();
        }
#pragma warning disable CA1031 // Kept and thrown again by Run(), after every worker has stopped.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, e, null);
            _channel.Close();
        }
    }
}
