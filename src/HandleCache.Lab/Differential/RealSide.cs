using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Server.Channels;
using HandleCache.Server.Mounting;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Differential;

/// <summary>
/// The running kernel: a mount of its own, and a client process that makes the calls.
/// </summary>
internal sealed class RealSide : IScriptSide
{
    /// <summary>max_write of both sides' sessions.</summary>
    internal const int MaxWriteBytes = 1 << 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ServedMount _mount;
    private readonly WorkloadProcess _client;
    private readonly WorkloadProcess? _otherClient;

    public RealSide(Script script, ScriptHost host)
    {
        Server = ScriptServers.Make(script.Server);
        Recorder = new StreamRecorder(
            !script.Server.DirectIo, Server.Observer, script.Server.Spoken,
            withHandles: !host.Driver.NeedsBridge);
        _client = host.Client;
        ServedMount? mount = null;
        try
        {
            if (script.Calls.Any(call => call.Overlaps))
            {
                _otherClient = host.OtherClient;
                Callers = new([_client, _otherClient], !script.Server.DirectIo);
            }

            mount = ServedMount.Start(
                host.Namespace, host.MountPoint, Server.FileSystem, SessionOf(script),
                new FuseMountOptions
                {
                    Driver = host.Driver,
                    DefaultPermissions = script.Server.DefaultPermissions,
                },
                Recorder, Callers is null ? null : Gated);
            _otherClient?.Ask(new BeginScriptRequest(host.MountPoint), Patience);
            _client.Ask(new BeginScriptRequest(host.MountPoint), Patience);
        }
        catch
        {
            mount?.Dispose();
            Server.Dispose();
            throw;
        }

        _mount = mount;
    }

    /// <summary>Two callers at once; null where no call of the script needs them.</summary>
    public RealCallers? Callers { get; }

    public IScriptServer Server { get; }

    public StreamRecorder Recorder { get; }

    public Notifier Notifier => _mount.Notifier;

    /// <summary>Time spent in system calls, sleeps not counted.</summary>
    public long BusyMicroseconds { get; private set; }

    public VfsResult Run(VfsCall call)
    {
        ScriptResultsReply reply = _client.Ask(new ScriptCallsRequest([call]), Patience);
        BusyMicroseconds += reply.BusyMicroseconds;
        return reply.Results[0];
    }

    public void Settle() { }

    public void Dispose()
    {
        try
        {
            _otherClient?.Ask(new EndScriptRequest(), Patience);
            _client.Ask(new EndScriptRequest(), Patience);
        }
        finally
        {
            _mount.Dispose();
            Server.Dispose();
        }
    }

    private GateChannel Gated(IChannel device) => Callers!.Channel = new(device, Callers);

    /// <summary>The session of both sides: one worker, so that requests have one order.</summary>
    internal static SessionOptions SessionOf(Script script) => new()
    {
        Workers = 1,
        MaxWriteBytes = MaxWriteBytes,
        ReadDirPlus = script.ReadDirPlus,
        ExportSupport = script.ExportSupport,
        Also = script.Server.InitAlso,
        Without = script.Server.InitWithout,
        Dialect = script.Server.Spoken,
        FileSystemType = script.Server.Spoken.FileSystemType,
        MaxHandleBytes = script.Server.Spoken.MaxHandleBytes,
    };
}
