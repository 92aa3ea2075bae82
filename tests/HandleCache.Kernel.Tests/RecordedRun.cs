using HandleCache.Lab.Differential;
using HandleCache.Model;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// A script on a modelled kernel and a server, with every message written down, so that another
/// kernel can be led through the same calls and replies without the server.
/// </summary>
internal sealed class RecordedRun : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly MemoryChannel _memory = new();
    private readonly IScriptServer _server;
    private readonly FuseSession _session;
    private readonly Thread _thread;
    private readonly byte[] _buffer = new byte[1 << 17];
    private List<Message> _messages = [];

    public RecordedRun(Script script, FuseInodeCacheOptions inodes)
    {
        _server = ScriptServers.Make(script.Server);
        Kernel = new(new()
        {
            Inodes = inodes,
            Dialect = script.Server.SendsHandles ? script.Server.Dialect : Dialect.Classic,
            DefaultPermissions = script.Server.DefaultPermissions,
        });
        _session = new FuseSession(_memory, _server.FileSystem, new SessionOptions
        {
            Workers = 1,
            MaxWriteBytes = 1 << 16,
            ReadDirPlus = script.ReadDirPlus,
            ExportSupport = script.ExportSupport,
            Also = script.Server.InitAlso,
            Without = script.Server.InitWithout,
            Dialect = script.Server.Spoken,
            MaxHandleBytes = script.Server.Spoken.MaxHandleBytes,
        });
        _thread = new Thread(_session.Run) { IsBackground = true };
        _thread.Start();
        Kernel.Mount();
        Serve();
    }

    public ModelKernel Kernel { get; }

    /// <summary>Makes a call, carries all messages and tells what happened.</summary>
    public Step Make(VfsCall call)
    {
        _messages = [];
        KernelCall? running = Begin(Kernel, call);
        Serve();
        return new(call, running?.Result.ToString() ?? "", _messages);
    }

    /// <summary>
    /// Leads a kernel through a step: what it did otherwise than the first one, or null.
    /// </summary>
    public static string? Follow(ModelKernel kernel, Step step)
    {
        byte[] buffer = new byte[1 << 17];
        KernelCall? running = Begin(kernel, step.Call);
        foreach (Message message in step.Messages)
        {
            int bytes = kernel.ReadRequest(buffer);
            if (bytes <= 0 || !message.Request.AsSpan().SequenceEqual(buffer.AsSpan(0, bytes)))
                return $"{step.Call}: another request";
            if (message.Reply is not null)
                kernel.WriteReply(message.Reply);
        }

        if (kernel.HasRequest)
            return $"{step.Call}: a request too many";
        string result = running?.Result.ToString() ?? "";
        return result == step.Result ? null : $"{step.Call}: {result} instead of {step.Result}";
    }

    /// <summary>All that can be seen of a kernel without changing it.</summary>
    public static string StateOf(ModelKernel kernel)
    {
        string errors = string.Join("; ", kernel.Validate());
        string files = string.Join(
            ' ', Enumerable.Range(0, ModelKernel.FileSlots).Select(kernel.OpenInode));
        string inodes = string.Join(
            ' ', ScriptRun.InodesOf(kernel.Inodes).Select(at => at.Value));
        return $"{kernel.Inodes.Digest()} {inodes} [{files}] {kernel.DentryCount} "
            + $"{kernel.RequestCount} {kernel.NowNs} {string.Join(' ', kernel.CachedPaths())} "
            + $"{kernel.Inodes.Forgets.Count} {kernel.Inodes.EvictCtr} {errors}";
    }

    public void Dispose()
    {
        Kernel.Unmount();
        _memory.Close();
        _thread.Join(Patience);
        _session.Dispose();
        _memory.Dispose();
        _server.Dispose();
        Kernel.Dispose();
    }

    private static KernelCall? Begin(ModelKernel kernel, VfsCall call)
    {
        switch (call.Kind)
        {
            case VfsCallKind.Sleep:
                kernel.NowNs += call.Offset;
                return null;
            case >= VfsCallKind.NotifyInvalInode:
                // Whatever it was about: here names grow old and unused ones go.
                kernel.WriteReply(
                    MessageBuilder.Notification(FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH));
                kernel.Shrink();
                return null;
            default:
                return kernel.Start(call);
        }
    }

    private void Serve()
    {
        int bytes;
        while ((bytes = Kernel.ReadRequest(_buffer)) > 0)
        {
            byte[] request = _buffer[..bytes];
            bool hasReply = FuseRequest.TryParse(request, out FuseRequest parsed, out _)
                && Operation.Of(parsed.Opcode).HasReply;
            _memory.Client.Send(request);
            byte[]? reply = null;
            if (hasReply)
            {
                if (!_memory.Client.TryReceive(_buffer, Patience, out int length))
                    throw new InvalidOperationException("the server does not answer");
                reply = _buffer[..length];
                Kernel.WriteReply(reply);
            }

            _messages.Add(new(request, reply));
        }
    }

    /// <param name="Request">What the kernel asked.</param>
    /// <param name="Reply">Null where there is none.</param>
    internal sealed record Message(byte[] Request, byte[]? Reply);

    /// <summary>One call with its result and all that followed from it.</summary>
    internal sealed record Step(VfsCall Call, string Result, IReadOnlyList<Message> Messages);
}
