using System.IO.Hashing;
using HandleCache.Model;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Differential;

/// <summary>The modelled kernel, driving a session on the same thread.</summary>
public sealed partial class ModelSide : IScriptSide
{
    /// <summary>The longest request: a WRITE of what the session takes, and its heads.</summary>
    private const int RequestBytes = RealSide.MaxWriteBytes + 8192;

    private readonly ModelKernel _kernel;
    private readonly DirectChannel _channel = new();
    private readonly FuseSession _session;
    private readonly byte[] _request = GC.AllocateUninitializedArray<byte>(RequestBytes);
    private readonly XxHash128 _transcript = new();
    private readonly HeldRequests _gate;

    private static byte[] ResendMessage =>
        MessageBuilder.Notification(FuseNotifyCode.FUSE_NOTIFY_RESEND);

    /// <param name="script">What server there is.</param>
    /// <param name="options">What kernel.</param>
    /// <param name="throughBridge">
    /// The kernel is today's, and a bridge speaks the server's dialect, as on a real mount.
    /// </param>
    /// <param name="comparesHandles">The other side has no bridge.</param>
    public ModelSide(
        Script script, ModelKernelOptions options, bool throughBridge = false,
        bool comparesHandles = false)
    {
        Server = ScriptServers.Make(script.Server);
        Dialect dialect = script.Server.SendsHandles ? script.Server.Dialect : options.Dialect;
        Recorder = new StreamRecorder(
            !script.Server.DirectIo, Server.Observer, dialect, comparesHandles);
        _gate = new(!script.Server.DirectIo, throughBridge ? Dialect.Classic : dialect);
        _kernel = new ModelKernel(options with
        {
            Dialect = throughBridge ? Dialect.Classic : dialect,
            DefaultPermissions = script.Server.DefaultPermissions,
        });
        _session = new FuseSession(
            new TapChannel(
                throughBridge ? new HandleBridgeChannel(_channel, dialect) : _channel, Recorder),
            Server.FileSystem, RealSide.SessionOf(script));
        KernelCall mount = _kernel.Mount();
        Drive();
        _transcript.Reset();
        if (!mount.IsDone || mount.Result.Errno != 0)
            throw new InvalidOperationException("the modelled kernel could not mount");
    }

    /// <summary>
    /// Whether the request just read is lost and has to be sent again; null for never.
    /// </summary>
    public Func<bool>? LosesRequest { get; init; }

    /// <summary>Told of each request and each reply; null for nobody.</summary>
    public Action<ReadOnlySpan<byte>, bool>? Overhears { get; init; }

    public IScriptServer Server { get; }

    public StreamRecorder Recorder { get; }

    /// <summary>The modelled kernel itself.</summary>
    public ModelKernel Kernel => _kernel;

    /// <summary>
    /// A digest of every message since INIT, forgets and their order included: two runs are the
    /// same byte for byte if these are equal.
    /// </summary>
    public string Transcript => Convert.ToHexStringLower(_transcript.GetCurrentHash());

    public Notifier Notifier => new(new NotificationPort(_kernel));

    public VfsResult Run(VfsCall call)
    {
        if (call.Kind == VfsCallKind.Sleep)
        {
            _kernel.NowNs += call.Offset;
            return new VfsResult(0);
        }

        if (call.Overlaps)
            return OverlapStep.Run(call, this, null, out _);
        KernelCall running = _kernel.Start(call);
        Drive();
        Check();
        return running.IsDone
            ? running.Result
            : throw new InvalidOperationException($"{call} never ends in the modelled kernel");
    }

    public void Settle()
    {
        Drive();
        Check();
    }

    /// <summary>What was broken in the modelled kernel after a step, the first time.</summary>
    public IReadOnlyList<ValidationError> Errors { get; private set; } = [];

    public void Dispose()
    {
        _kernel.Unmount();
        _session.Dispose();
        _channel.Dispose();
        _kernel.Dispose();
        Server.Dispose();
    }

    private void Check()
    {
        if (Errors.Count == 0)
            Errors = _kernel.Validate();
    }

    /// <summary>Carries messages between kernel and server until there are none.</summary>
    private void Drive()
    {
        int bytes;
        while ((bytes = _kernel.ReadRequest(_request)) > 0)
        {
            ReadOnlySpan<byte> message = _request.AsSpan(0, bytes);
            _transcript.Append(message);
            Overhears?.Invoke(message, false);
            bool expectsReply = FuseRequest.TryParse(message, out FuseRequest request, out _)
                && Operation.Of(request.Opcode).HasReply;
            if (expectsReply && LosesRequest is { } loses && loses())
            {
                // The server died with it and has come back: FUSE_NOTIFY_RESEND.
                _kernel.WriteReply(ResendMessage);
                continue;
            }

            Exchange(message);
        }
    }

    /// <summary>Gives a message to the server, and its reply, if any, to the kernel.</summary>
    private void Exchange(ReadOnlySpan<byte> message)
    {
        _channel.Put(message);
        _session.ServePending();
        ReadOnlySpan<byte> reply = _channel.TakeReply();
        if (!reply.IsEmpty)
            Answer(reply);
    }

    private void Answer(ReadOnlySpan<byte> reply)
    {
        _transcript.Append(reply);
        Overhears?.Invoke(reply, true);
        _kernel.WriteReply(reply);
    }

    /// <summary>Hands notifications to the modelled kernel at once.</summary>
    private sealed class NotificationPort(ModelKernel kernel) : IChannelPort
    {
        public Linux.SysResult Receive(Span<byte> buffer) => Linux.SysResult.Success(0);

        public Errno Send(ReadOnlySpan<byte> message) =>
            (Errno)kernel.WriteReply(message);

        public void Dispose() { }
    }
}
