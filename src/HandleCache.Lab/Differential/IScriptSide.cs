using HandleCache.Model.Kernel;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Differential;

/// <summary>
/// One of the two kernels that a script runs on, mounted and with its own server.
/// </summary>
public interface IScriptSide : IDisposable
{
    IScriptServer Server { get; }

    StreamRecorder Recorder { get; }

    Notifier Notifier { get; }

    /// <summary>Makes one system call.</summary>
    VfsResult Run(VfsCall call);

    /// <summary>
    /// Does what waits because of a notification (the modelled kernel's forgets).
    /// </summary>
    void Settle();
}

/// <summary>What the server does unasked, alike on both sides.</summary>
public static class ScriptNotifications
{
    /// <summary>Sends the notification of a call; its result is the errno of the write.</summary>
    public static VfsResult Send(IScriptSide side, VfsCall call)
    {
        ArgumentNullException.ThrowIfNull(side);
        ArgumentNullException.ThrowIfNull(call);
        string path = call.Path.TrimEnd('/');
        int slash = path.LastIndexOf('/');
        string parentPath = slash < 0 ? "" : path[..slash];
        byte[] name = System.Text.Encoding.Latin1.GetBytes(path[(slash + 1)..]);
        if (call is { Kind: VfsCallKind.NotifyIncEpoch, Flags: not 0 })
        {
            side.Server.Restart();
            side.Notifier.Resend();
        }

        ulong node = side.Server.NodeIdOf(path);
        ulong parent = side.Server.NodeIdOf(parentPath);
        Errno errno = call.Kind switch
        {
            VfsCallKind.NotifyInvalInode => side.Notifier.InvalInode(node, call.Offset),
            VfsCallKind.NotifyInvalEntry => side.Notifier.InvalEntry(parent, name, call.Flags != 0),
            VfsCallKind.NotifyDelete => side.Notifier.Delete(
                parent, node + (ulong)call.Flags, name),
            VfsCallKind.NotifyPrune => side.Notifier.Prune(
                call.Path2.Length == 0 ? [node] : [node, side.Server.NodeIdOf(call.Path2)]),
            _ => side.Notifier.IncEpoch(),
        };
        return new VfsResult((int)errno);
    }
}
