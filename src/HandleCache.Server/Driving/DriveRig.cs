using System.Text;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Driving;

/// <summary>
/// The modelled kernel with somebody else's server at the other end of a socket. A rule that is
/// broken ends every method with a <see cref="RuleBrokenException"/>.
/// </summary>
internal sealed partial class DriveRig : IDisposable
{
    /// <summary>Room for the largest message: 32 pages of data, head and arguments.</summary>
    private const int BufferBytes = (128 << 10) + (64 << 10);

    /// <summary>
    /// No call sends more; a listing of a million names in replies of a page has as many.
    /// </summary>
    private const int MostRequests = 10_000;

    /// <summary>What a socket cannot carry, or only the device itself can do.</summary>
    private const FuseInitFlags NotOffered = FuseInitFlags.FUSE_MAX_PAGES
        | FuseInitFlags.FUSE_PASSTHROUGH | FuseInitFlags.FUSE_OVER_IO_URING
        | FuseInitFlags.FUSE_SPLICE_MOVE | FuseInitFlags.FUSE_SPLICE_READ
        | FuseInitFlags.FUSE_SPLICE_WRITE | FuseInitFlags.FUSE_WRITEBACK_CACHE;

    private readonly Func<IDrivenServer> _start;
    private readonly TimeSpan _patience;
    private readonly byte[] _request = new byte[BufferBytes];
    private readonly byte[] _reply = new byte[BufferBytes];
    private readonly List<byte[]> _late = [];
    private readonly Queue<byte[]> _backlog = new();
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenRegistration _cancelled;
    private IDrivenServer? _server;
    private byte[] _init = [];
    private Disturbance _beside;
    private bool _anyRefused;
    private int _asked;

    /// <summary>Starts the server and mounts.</summary>
    /// <param name="kernel">What is modelled, and offered in INIT.</param>
    /// <param name="allowed">Rules that may be broken: counted, and the call goes on.</param>
    /// <param name="patience">How long a reply is waited for.</param>
    /// <param name="start">Starts a server, at first and in the place of another.</param>
    /// <param name="cancel">Kills the server, so that no wait for it goes on.</param>
    /// <exception cref="RuleBrokenException">
    /// The server cannot be started, ended before it had answered INIT, or refuses it.
    /// </exception>
    public DriveRig(
        ModelKernelOptions kernel, IReadOnlySet<string> allowed, TimeSpan patience,
        Func<IDrivenServer> start, CancellationToken cancel)
    {
        _start = start;
        _patience = patience;
        _cancel = cancel;
        Check = new DriveCheck(allowed);
        Kernel = new ModelKernel(kernel with { Offered = kernel.Offered & ~NotOffered });
        try
        {
            _server = StartServer();
            _cancelled = cancel.Register(() => _server?.Kill());
            KernelCall mount = Kernel.Mount();
            Pump();
            if (!mount.IsDone || mount.Result.Errno != 0)
                throw Check.Fault(DriveRule.ReplyErrno, $"INIT is refused: {mount.Result}");
            Check.Handles = Kernel.Handles;
            Check.Exports = (Kernel.Agreed & FuseInitFlags.FUSE_EXPORT_SUPPORT) != 0;
        }
        catch (RuleBrokenException fault)
        {
            DriveFinding finding = fault.Finding with { Last = Last };
            Dispose();
            throw new RuleBrokenException(finding);
        }
    }

    public ModelKernel Kernel { get; }

    public DriveCheck Check { get; }

    public long Calls { get; private set; }

    /// <summary>
    /// What READ replies have brought since the caller cleared it, by offset in bytes: the
    /// modelled page cache keeps no data.
    /// </summary>
    public Dictionary<long, byte[]> Reads { get; } = [];

    /// <summary>Servers that were started after the first.</summary>
    public int Restarts { get; private set; }

    /// <summary>Does one step; null where it has no call.</summary>
    public VfsResult? Run(DriveStep step)
    {
        switch (step.Beside)
        {
            case Disturbance.Reclaim:
                Reclaim();
                break;
            case Disturbance.ReclaimBefore:
                Kernel.Shrink();
                break;
            case Disturbance.Restart:
                Restart();
                break;
            default:
                break;
        }

        return step.Call is { } call ? Run(call, step.Beside) : null;
    }

    /// <summary>Makes one call to its end.</summary>
    public VfsResult Run(VfsCall call, Disturbance beside = Disturbance.None)
    {
        if (call.Kind == VfsCallKind.Sleep)
        {
            Kernel.NowNs += call.Offset;
            return new VfsResult(0);
        }

        Calls++;
        if (call.Kind >= VfsCallKind.NotifyInvalInode)
            return Notify(call);
        if (call.Meanwhile is { } other)
            return RunBoth(call, other);
        (_beside, _anyRefused, _asked) = (beside, false, 0);
        KernelCall running = Kernel.Start(call);
        if (beside == Disturbance.Interrupt)
            Kernel.Interrupt(running);
        Pump();
        if (!running.IsDone)
            throw new InvalidOperationException($"{call} never ends in the modelled kernel");
        bool isRefusal = running.Result.Errno == (int)Errno.EIO && !_anyRefused && Restarts == 0;
        Check.Hold(DriveRule.KernelRefuses);
        if (isRefusal && Check.Asked is not null)
            Check.Report(DriveRule.KernelRefuses, $"{call} ends with EIO");
        return running.Result;
    }

    /// <summary>Memory pressure: all that nobody uses is forgotten, and the server told.</summary>
    public void Reclaim()
    {
        Kernel.Shrink();
        (_beside, _anyRefused, _asked) = (Disturbance.None, false, 0);
        Pump();
    }

    public void Dispose()
    {
        _cancelled.Dispose();
        _server?.Kill();
        _server?.Dispose();
        Kernel.Dispose();
        Check.Dispose();
    }

    /// <summary>What a server may say unasked, said by us: names and data are dropped.</summary>
    private VfsResult Notify(VfsCall call)
    {
        string path = call.Path.TrimEnd('/');
        int slash = path.LastIndexOf('/');
        string above = slash < 0 ? "" : path[..slash];
        ulong parent = above.Length == 0
            ? FuseConstants.FUSE_ROOT_ID
            : Kernel.CachedNodeId(above);
        byte[] name = Encoding.Latin1.GetBytes(path[(slash + 1)..]);
        int errno = call.Kind == VfsCallKind.NotifyInvalEntry
            ? Kernel.WriteReply(MessageBuilder.Notification(
                FuseNotifyCode.FUSE_NOTIFY_INVAL_ENTRY,
                new fuse_notify_inval_entry_out
                {
                    parent = parent,
                    namelen = (uint)name.Length,
                    flags = (uint)call.Flags,
                },
                [.. name, 0]))
            : Kernel.WriteReply(MessageBuilder.Notification(
                FuseNotifyCode.FUSE_NOTIFY_INVAL_INODE,
                new fuse_notify_inval_inode_out
                {
                    ino = Kernel.CachedNodeId(path),
                    off = call.Offset,
                }));
        (_beside, _asked) = (Disturbance.None, 0);
        Pump();
        return new VfsResult(errno);
    }

    /// <summary>
    /// The server dies by SIGKILL and another takes its place, whom INIT is sent again. The kernel
    /// keeps everything.
    /// </summary>
    public void Restart()
    {
        Pump();
        _server!.Kill();
        _server.Dispose();
        Restarts++;
        _interrupts.Clear();
        _server = StartServer();
        if (_cancel.IsCancellationRequested)
            _server.Kill();
        Check.NewLife();
        DriveRequest asked = Check.Sent(_init);
        Send(_init);
        Check.Came(asked, Receive(asked.Unique));
        if (Check.WasRefused)
            throw Check.Fault(DriveRule.ReplyErrno, "the new server refuses INIT");
    }

    private IDrivenServer StartServer()
    {
        try
        {
            return _start();
        }
        catch (IOException e)
        {
            Check.Hold(DriveRule.ServerDeath);
            throw Check.Fault(DriveRule.ServerDeath, $"the server cannot be started: {e.Message}");
        }
    }

    /// <summary>Carries messages until there are none.</summary>
    private void Pump()
    {
        bool holdsForgets = _beside == Disturbance.ReclaimBefore;
        while (true)
        {
            if (!_backlog.TryDequeue(out byte[]? message))
            {
                int bytes = Kernel.ReadRequest(_request);
                if (bytes <= 0)
                    break;
                message = _request[..bytes];
            }

            if (IsForget(message) && holdsForgets)
                _late.Add(message);
            else
                Carry(message);
        }

        foreach (byte[] message in _late)
            Carry(message);
        _late.Clear();
    }

    private void Carry(byte[] message)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request, out WireError error))
            throw new InvalidOperationException($"the modelled kernel sent: {error}");
        Operation operation = Operation.Of(request.Opcode);
        if (operation.IsForget)
        {
            Check.SentForgets(message);
            Send(message);
            return;
        }

        DriveRequest asked = SendRequest(message);
        if (!operation.HasReply)
            return;
        if (asked.Opcode == FuseOpcode.FUSE_INIT)
            _init = message;
        SendInterrupts();
        Take(asked, Receive(asked.Unique));
    }

    private DriveRequest SendRequest(byte[] message)
    {
        DriveRequest asked = Check.Sent(message);
        Check.Hold(DriveRule.ListingEnds);
        if (++_asked > MostRequests)
        {
            throw Check.Fault(
                DriveRule.ListingEnds, $"one call has sent {MostRequests} requests and goes on");
        }

        Send(message);
        return asked;
    }

    /// <summary>Checks a reply, and gives it to the kernel.</summary>
    private void Take(DriveRequest asked, ReadOnlySpan<byte> reply)
    {
        Check.Came(asked, reply);
        _anyRefused |= Check.WasRefused;
        if (asked.Opcode == FuseOpcode.FUSE_READ && !Check.WasRefused)
            Reads[(long)asked.Long(8)] = reply[FuseReply.HeaderBytes..].ToArray();
        if (_beside == Disturbance.ReclaimDuring)
        {
            _beside = Disturbance.None;
            ReclaimUnderWay();
        }

        Check.Taken(Kernel.WriteReply(reply));
    }

    /// <summary>Memory pressure while a call waits; what else is sent then comes later.</summary>
    private void ReclaimUnderWay()
    {
        Kernel.Shrink();
        while (Kernel.HasRequest)
        {
            int bytes = Kernel.ReadRequest(_request);
            if (bytes <= 0)
                return;
            byte[] message = _request[..bytes];
            if (!IsForget(message))
            {
                _backlog.Enqueue(message);
                continue;
            }

            Check.SentForgets(message);
            Send(message);
        }
    }

    private static bool IsForget(ReadOnlySpan<byte> message) =>
        FuseRequest.TryParse(message, out FuseRequest request, out _)
        && Operation.Of(request.Opcode).IsForget;
}
